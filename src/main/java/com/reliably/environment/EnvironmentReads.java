package com.reliably.environment;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.answer.LargeAnswer;
import com.reliably.answer.ListInBatches;
import com.reliably.answer.WeighedRows;
import com.reliably.secret.Mask;
import com.reliably.web.Page;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Environments as they are shown, with masked secrets; so many at once as memory permits. What answers is not to be called from
 * within a session: that would hold two connections.
 */
@ApplicationScoped
class EnvironmentReads {

    private static final TypeReference<List<EnvironmentVariable>> VARIABLES = new TypeReference<>() {};
    private static final TypeReference<List<EnvironmentSecret>> SECRETS = new TypeReference<>() {};

    private static final String WEIGHT =
            "octet_length(cast(x.envvars as text)) + octet_length(cast(x.secrets as text))";

    private static final String COLUMNS = "x.name, x.used_for, cast(x.envvars as text) as envvars,"
            + " cast(x.secrets as text) as secrets, x.created_at";

    private static final String ORDER = " order by name, id limit " + ListInBatches.BATCH;
    private static final String FIRST_NAMES = "select id, name from environment where org_id = $1" + ORDER;
    private static final String NEXT_NAMES =
            "select id, name from environment where org_id = $1 and (name, id) > ($2, $3)" + ORDER;

    private final Pool pool;
    private final ObjectMapper json;
    private final WeighedRows rows;

    EnvironmentReads(Pool pool, ObjectMapper json) {
        this.pool = pool;
        this.json = json;
        this.rows = new WeighedRows(pool, "environment", WEIGHT, COLUMNS, (org, row) -> write(view(stored(org, row))));
    }

    /** A page of environments. */
    Uni<LargeAnswer> page(UUID orgId, Page<UUID> page) {
        return rows.page(orgId, page.count(), page.items());
    }

    /** An environment; null where the organization has none of this id. */
    Uni<LargeAnswer> one(UUID orgId, UUID id) {
        return rows.one(orgId, id);
    }

    /** Ids and names of all of an organization's environments, by name. */
    Uni<LargeAnswer> names(UUID orgId) {
        return ListInBatches.<SimpleEnvironment>array(
                orgId, last -> namesAfter(orgId, last), name -> new String(write(name), UTF_8));
    }

    private Uni<List<SimpleEnvironment>> namesAfter(UUID orgId, SimpleEnvironment last) {
        return (last == null
                        ? pool.preparedQuery(FIRST_NAMES).execute(Tuple.of(orgId))
                        : pool.preparedQuery(NEXT_NAMES).execute(Tuple.of(orgId, last.name(), last.id())))
                .map(EnvironmentReads::namesOf);
    }

    private static List<SimpleEnvironment> namesOf(RowSet<Row> found) {
        List<SimpleEnvironment> names = new ArrayList<>(found.size());
        for (Row row : found) {
            names.add(new SimpleEnvironment(row.getUUID("id"), row.getString("name")));
        }
        return names;
    }

    private static Environment stored(UUID orgId, Row row) {
        Environment environment = new Environment();
        environment.id = row.getUUID("id");
        environment.orgId = orgId;
        environment.name = row.getString("name");
        environment.usedFor = row.getString("used_for");
        environment.envvars = row.getString("envvars");
        environment.secrets = row.getString("secrets");
        environment.createdAt = row.getOffsetDateTime("created_at").toInstant();
        return environment;
    }

    /** An environment with masked secrets. */
    EnvironmentView view(Environment environment) {
        return new EnvironmentView(
                environment.name,
                variablesOf(environment),
                secretsOf(environment),
                EnvironmentUse.of(environment.usedFor),
                environment.id,
                environment.orgId,
                environment.createdAt);
    }

    /** The variables of an environment, in the order in which they were given. */
    List<EnvironmentVariable> variablesOf(Environment environment) {
        return read(environment, environment.envvars, VARIABLES);
    }

    /** The secrets of an environment, masked, in the order in which they were given. */
    List<EnvironmentSecret> secretsOf(Environment environment) {
        return read(environment, environment.secrets, SECRETS).stream()
                .map(secret -> secret.withValue(Mask.MASK))
                .toList();
    }

    private <T> T read(Environment environment, String stored, TypeReference<T> type) {
        try {
            return json.readValue(stored, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The stored environment " + environment.id + " is not readable", e);
        }
    }

    private byte[] write(Object view) {
        try {
            return json.writeValueAsBytes(view);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("An environment cannot be written", e);
        }
    }
}
