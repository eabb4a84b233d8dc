package com.reliably.plan;

import com.reliably.answer.LargeAnswer;
import com.reliably.answer.ListInBatches;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The ids of all plans that use a thing, latest first: a list that is answered whole, and read batch by batch. */
@ApplicationScoped
class PlanIds {

    /** How a plan uses a thing, in SQL: {@code $2} is the thing, {@code $3} what the title must be like, or null. */
    enum Use {
        DEPLOYMENT("p.deployment_id = $2"),
        ENVIRONMENT("p.environment_id = $2"),
        INTEGRATION("exists (select 1 from plan_integration i where i.plan_id = p.id and i.integration_id = $2)"),
        EXPERIMENT("exists (select 1 from plan_experiment e where e.plan_id = p.id and e.experiment_id = $2)");

        private final String first;
        private final String next;

        Use(String condition) {
            String select = "select p.id, p.created_at from plan p where p.org_id = $1 and p.deleted_at is null and "
                    + condition + " and (cast($3 as text) is null or p.title ilike $3 escape '\\')";
            String order = " order by p.created_at desc, p.id limit " + ListInBatches.BATCH;
            first = select + order;
            next = select + " and p.created_at <= $4 and (p.created_at < $4 or p.id > $5)" + order;
        }
    }

    private final Pool pool;

    PlanIds(Pool pool) {
        this.pool = pool;
    }

    private record Place(UUID id, OffsetDateTime createdAt) {}

    /**
     * Lists them.
     *
     * @param pattern what a plan's title must be like, for SQL's {@code ilike … escape '\'}; null for all plans
     */
    Uni<LargeAnswer> of(Use use, UUID orgId, UUID thing, String pattern) {
        return ListInBatches.<Place>array(
                orgId, last -> after(use, orgId, thing, pattern, last), place -> "\"" + place.id() + "\"");
    }

    private Uni<List<Place>> after(Use use, UUID orgId, UUID thing, String pattern, Place last) {
        Tuple values = Tuple.tuple().addUUID(orgId).addUUID(thing).addString(pattern);
        if (last != null) {
            values.addOffsetDateTime(last.createdAt()).addUUID(last.id());
        }
        return pool.preparedQuery(last == null ? use.first : use.next)
                .execute(values)
                .map(PlanIds::places);
    }

    private static List<Place> places(RowSet<Row> rows) {
        List<Place> places = new ArrayList<>(rows.size());
        for (Row row : rows) {
            places.add(new Place(row.getUUID("id"), row.getOffsetDateTime("created_at")));
        }
        return places;
    }
}
