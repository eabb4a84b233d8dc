package com.reliably.execution;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.answer.LargeAnswer;
import com.reliably.answer.Pieces;
import com.reliably.problem.ProblemException;
import com.reliably.web.RawJson;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.UUID;

/**
 * Reads journals and logs a piece at a time, each by one statement on a connection of its own, which is given back before the
 * piece is written. Bytes go from the database to the socket as they are.
 *
 * <p>A report that comes meanwhile replaces the text; then what is on its way breaks off, because the rest would not belong to
 * it. A text of one piece cannot break.
 */
@ApplicationScoped
class ReportTexts {

    /** Stored by an earlier version, or by a client that reports this moment. */
    private static final int MOST_FILLS = 3;

    private static final String WHERE_IN_SCOPE = """

            from execution
            where id = $1 and org_id = $2 and experiment_id = $3
            and (cast($4 as uuid) is null or plan_id = $4) and (cast($5 as uuid) is null or run_id = $5)""";

    private static final String JOURNAL = """
            select report_revision as revision, octet_length(journal_text) as length,
                   substring(journal_text from 1 for %d) as piece""".formatted(Pieces.LARGEST);

    private static final String EXECUTION = JOURNAL + """
            , plan_id, created_by, created_at, cast(state as text) as state""";

    /** Of a compressed text, too, the length is known without reading it. */
    private static final String LOG = """
            select report_revision as revision, coalesce(octet_length(log_text), octet_length(log)) as length,
                   case when octet_length(log) <= %1$d then convert_to(log, 'UTF8')
                        else substring(log_text from 1 for %1$d) end as piece""".formatted(Pieces.LARGEST);

    private static final String FILL_JOURNAL = """
            update execution set journal_text = convert_to(cast(journal as text), 'UTF8')
            where id = $1 and org_id = $2 and journal_text is null""";

    private static final String FILL_LOG = """
            update execution set log_text = convert_to(log, 'UTF8')
            where id = $1 and org_id = $2 and log_text is null""";

    private static final String NEXT = """
            select substring(%s from $3 for %d) as piece from execution
            where id = $1 and org_id = $2 and report_revision = $4""";

    private final Pool pool;
    private final ObjectMapper json;

    ReportTexts(Pool pool, ObjectMapper json) {
        this.pool = pool;
        this.json = json;
    }

    /** The journal as JSON; null where there is no such execution in the scope. */
    Uni<LargeAnswer> journal(Scope scope, UUID experimentId, UUID id) {
        return first(JOURNAL, FILL_JOURNAL, scope, experimentId, id, MOST_FILLS)
                .onItem()
                .ifNotNull()
                .transform(row -> answer(row, "journal_text", scope.orgId(), id, "", ""));
    }

    /** The log, which may be empty; null where there is no such execution in the scope. */
    Uni<LargeAnswer> log(Scope scope, UUID experimentId, UUID id) {
        return first(LOG, FILL_LOG, scope, experimentId, id, MOST_FILLS)
                .onItem()
                .ifNotNull()
                .transform(row -> answer(row, "log_text", scope.orgId(), id, "", ""));
    }

    /** All but the log, as JSON; null where there is no such execution in the scope. */
    Uni<LargeAnswer> execution(Scope scope, UUID experimentId, UUID id) {
        return first(EXECUTION, FILL_JOURNAL, scope, experimentId, id, MOST_FILLS)
                .onItem()
                .ifNotNull()
                .transform(row -> {
                    // Nobody who stored something in it could have known this text.
                    String journal = "\"" + UUID.randomUUID() + "\"";
                    String[] around = write(view(row, journal, scope.orgId(), experimentId, id))
                            .split(journal);
                    return answer(row, "journal_text", scope.orgId(), id, around[0], around[1]);
                });
    }

    private static ExecutionView view(Row row, String journal, UUID orgId, UUID experimentId, UUID id) {
        return new ExecutionView(
                new RawJson(journal),
                id,
                orgId,
                experimentId,
                row.getUUID("plan_id"),
                row.getUUID("created_by"),
                row.getOffsetDateTime("created_at").toInstant(),
                new RawJson(row.getString("state")));
    }

    private String write(ExecutionView view) {
        try {
            return json.writeValueAsString(view);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("An execution cannot be written", e);
        }
    }

    /** The first piece of a text, and its length; null where there is no such execution. */
    private Uni<Row> first(String select, String fill, Scope scope, UUID experimentId, UUID id, int fills) {
        Tuple values = Tuple.tuple()
                .addUUID(id)
                .addUUID(scope.orgId())
                .addUUID(experimentId)
                .addUUID(scope.planId())
                .addUUID(scope.runId());
        return pool.preparedQuery(select + WHERE_IN_SCOPE).execute(values).chain(rows -> {
            Iterator<Row> found = rows.iterator();
            Row row = found.hasNext() ? found.next() : null;
            if (row == null || row.getValue("piece") != null) {
                return Uni.createFrom().item(row);
            }
            if (fills == 0) {
                throw ProblemException.unavailable("This execution is being reported on; come back in a moment.");
            }
            return pool.preparedQuery(fill)
                    .execute(Tuple.of(id, scope.orgId()))
                    .chain(() -> first(select, fill, scope, experimentId, id, fills - 1));
        });
    }

    private LargeAnswer answer(Row row, String column, UUID orgId, UUID id, String before, String after) {
        byte[] first = bytes(row);
        int length = row.getInteger("length");
        byte[] head = before.getBytes(StandardCharsets.UTF_8);
        byte[] tail = after.getBytes(StandardCharsets.UTF_8);
        if (first.length == length) {
            return LargeAnswer.small(orgId, joined(joined(head, first), tail));
        }
        long revision = row.getLong("revision");
        String next = NEXT.formatted(column, Pieces.LARGEST);
        return LargeAnswer.of(orgId, (long) head.length + length + tail.length, new Pieces() {

            private int read;

            @Override
            public Uni<byte[]> next() {
                if (read >= length) {
                    return Uni.createFrom().nullItem();
                }
                Uni<byte[]> piece = read == 0 ? Uni.createFrom().item(joined(head, first)) : piece();
                read += Pieces.LARGEST;
                return read >= length ? piece.map(last -> joined(last, tail)) : piece;
            }

            private Uni<byte[]> piece() {
                return pool.preparedQuery(next)
                        .execute(Tuple.of(id, orgId, read + 1, revision))
                        .map(rows -> {
                            Iterator<Row> found = rows.iterator();
                            if (!found.hasNext()) {
                                throw new IllegalStateException("The text was replaced while it was read");
                            }
                            return bytes(found.next());
                        });
            }
        });
    }

    private static byte[] bytes(Row row) {
        return row.getBuffer("piece").getBytes();
    }

    private static byte[] joined(byte[] one, byte[] other) {
        if (other.length == 0) {
            return one;
        }
        byte[] both = new byte[one.length + other.length];
        System.arraycopy(one, 0, both, 0, one.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
