package com.reliably.start;

import com.reliably.problem.DatabaseShortage;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;

/**
 * Ready means: the database answers, has the schema that this build was made for, and stores what it is given. Checked with the connections
 * that requests use, so that what it says is true for them.
 */
@Readiness
@ApplicationScoped
class DatabaseReady implements AsyncHealthCheck {

    private static final String NAME = "database";
    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(3);

    /**
     * Takes eight megabytes of the database's disk, and gives them back: whether there is room for what requests store is not
     * seen by reading.
     */
    private static final String TAKE_ROOM =
            "create temporary table reliably_room on commit drop as select repeat('x', 1500) from generate_series(1, 5000)";

    private final DatabaseShortage shortage;
    private final Pool pool;
    private String schemaVersion;

    DatabaseReady(Pool pool, DatabaseShortage shortage) {
        this.pool = pool;
        this.shortage = shortage;
    }

    void rememberSchemaVersion(@Observes StartupEvent event, Flyway flyway) {
        schemaVersion = Arrays.stream(flyway.info().all())
                .map(MigrationInfo::getVersion)
                .filter(Objects::nonNull)
                .max(MigrationVersion::compareTo)
                .map(MigrationVersion::getVersion)
                .orElseThrow(() -> new IllegalStateException("This build has no migrations"));
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        Optional<String> lacks = shortage.reason();
        if (lacks.isEmpty()) {
            return answers();
        }
        if (shortage.isFresh()) {
            return Uni.createFrom().item(down(lacks.get()));
        }
        return pool.withTransaction(
                        connection -> connection.query(TAKE_ROOM).execute().replaceWithVoid())
                .ifNoItem()
                .after(ANSWERS_WITHIN)
                .fail()
                .invoke(shortage::over)
                .chain(this::answers)
                .onFailure()
                .recoverWithItem(e -> down(lacks.get()));
    }

    private Uni<HealthCheckResponse> answers() {
        return pool.preparedQuery("select 1 from flyway_schema_history where version = $1 and success")
                .execute(Tuple.of(schemaVersion))
                .map(rows -> rows.iterator().hasNext()
                        ? HealthCheckResponse.up(NAME)
                        : down("the schema is not migrated to version " + schemaVersion))
                .ifNoItem()
                .after(ANSWERS_WITHIN)
                .fail()
                .onFailure()
                .recoverWithItem(e -> down("the database does not answer"));
    }

    private static HealthCheckResponse down(String reason) {
        return HealthCheckResponse.named(NAME).down().withData("reason", reason).build();
    }
}
