package com.reliably.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.answer.LargeAnswer;
import com.reliably.answer.ListInBatches;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** All experiments to pick from, by title: a list that is answered whole, and read batch by batch. */
@ApplicationScoped
class ExperimentPicks {

    private static final String SELECT = """
            select x.id, x.template_id, x.title,
                   (select count(*) from (select 1 from execution e where e.experiment_id = x.id and (e.org_id = $1) is true
                                          order by e.created_at desc, e.id) e) as executions
            from experiment x where x.org_id = $1""";

    private static final String ORDER = " order by x.title, x.id limit " + ListInBatches.BATCH;
    private static final String FIRST = SELECT + ORDER;
    private static final String NEXT = SELECT + " and (x.title, x.id) > ($2, $3)" + ORDER;

    private final Pool pool;
    private final ObjectMapper json;

    ExperimentPicks(Pool pool, ObjectMapper json) {
        this.pool = pool;
        this.json = json;
    }

    /** Lists them. */
    Uni<LargeAnswer> all(UUID orgId) {
        return ListInBatches.page(orgId, last -> after(orgId, last), this::write);
    }

    private Uni<List<ExperimentBasic>> after(UUID orgId, ExperimentBasic last) {
        return (last == null
                        ? pool.preparedQuery(FIRST).execute(Tuple.of(orgId))
                        : pool.preparedQuery(NEXT).execute(Tuple.of(orgId, last.title(), last.id())))
                .map(ExperimentPicks::picks);
    }

    private static List<ExperimentBasic> picks(RowSet<Row> rows) {
        List<ExperimentBasic> picks = new ArrayList<>(rows.size());
        for (Row row : rows) {
            picks.add(new ExperimentBasic(
                    row.getUUID("id"), row.getUUID("template_id"), row.getString("title"), row.getLong("executions")));
        }
        return picks;
    }

    private String write(ExperimentBasic pick) {
        try {
            return json.writeValueAsString(pick);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("An experiment cannot be written", e);
        }
    }
}
