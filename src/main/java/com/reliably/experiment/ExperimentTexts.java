package com.reliably.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.answer.LargeAnswer;
import com.reliably.answer.WeighedRows;
import com.reliably.web.Page;
import com.reliably.web.RawJson;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Answers with experiments as they are stored, which may have a megabyte each. Not to be called from within a session. */
@ApplicationScoped
class ExperimentTexts {

    private static final String WEIGHT = "octet_length(cast(x.definition as text))";

    private static final String COLUMNS = """
            cast(x.definition as text) as definition, x.template_id, x.created_at,
            (select count(*) from execution e where e.experiment_id = x.id and e.org_id = $1) as executions""";

    private final ObjectMapper json;
    private final WeighedRows rows;

    ExperimentTexts(Pool pool, ObjectMapper json) {
        this.json = json;
        this.rows = new WeighedRows(pool, "experiment", WEIGHT, COLUMNS, this::view);
    }

    /** A page of experiments. */
    Uni<LargeAnswer> page(UUID orgId, Page<UUID> page) {
        return rows.page(orgId, page.count(), page.items());
    }

    /** An experiment; null where the organization has none of this id. */
    Uni<LargeAnswer> one(UUID orgId, UUID id) {
        return rows.one(orgId, id);
    }

    /** The bare experiment; null where the organization has none of this id. */
    Uni<LargeAnswer> raw(UUID orgId, UUID id) {
        return rows.one(orgId, id, (org, row) -> row.getString("definition").getBytes(StandardCharsets.UTF_8));
    }

    private byte[] view(UUID orgId, Row row) {
        ExperimentView view = new ExperimentView(
                new RawJson(row.getString("definition")),
                row.getUUID("id"),
                orgId,
                row.getUUID("template_id"),
                row.getOffsetDateTime("created_at").toInstant(),
                row.getLong("executions"));
        try {
            return json.writeValueAsBytes(view);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("An experiment cannot be written", e);
        }
    }
}
