package com.reliably.start;

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
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;

/**
 * Ready means: the database answers, and has the schema that this build was made for. Checked with the connections
 * that requests use, so that what it says is true for them.
 */
@Readiness
@ApplicationScoped
class DatabaseReady implements AsyncHealthCheck {

    private static final String NAME = "database";
    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(3);

    private final Pool pool;
    private String schemaVersion;

    DatabaseReady(Pool pool) {
        this.pool = pool;
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
