package com.reliably.run;

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
 * Reads the logs of runs a page at a time, each by one statement on a connection of its own, which is given back before
 * the answer.
 */
@ApplicationScoped
class RunLogRepository {

    private static final int MOST_PIECES = 64;
    /** As many pieces as begin within so many bytes: two at least, since one has 64 KB at most. */
    private static final int MOST_BYTES = 65 * 1024;

    /**
     * Output is stored before the end of its run is. Both are read by one statement, hence from one snapshot: where that
     * has the end, it has all of the output.
     */
    private static final String PAGE = """
            select r.state, r.exit_code, r.error, l.first_byte, l.text, l.upto
            from run r left join lateral (
                select first_byte, text, upto
                from (select first_byte, text, sum(octet_length(text)) over (order by first_byte) as upto
                      from (select first_byte, text from run_log where run_id = r.id and first_byte >= $3
                            order by first_byte limit %d) next) summed
                where upto - octet_length(text) < %d) l on true
            where r.org_id = $1 and r.id = $2
            order by l.first_byte
            """.formatted(MOST_PIECES, MOST_BYTES);

    private final Pool pool;

    RunLogRepository(Pool pool) {
        this.pool = pool;
    }

    /** Some output; its place is that of its first byte in all of the output. */
    record Piece(long firstByte, String text) {}

    /**
     * What there is after a place, in order.
     *
     * @param pieces   what fits on a page
     * @param full     whether there may be more pieces
     * @param state    the run's, at the same moment
     * @param exitCode the client's; null where it has none (yet)
     * @param error    why it failed, was lost or cancelled; null where it was not
     */
    record Page(List<Piece> pieces, boolean full, RunState state, Integer exitCode, String error) {}

    /**
     * Reads on.
     *
     * @param firstByte the piece to begin with
     * @return null where the organisation has no such run
     */
    Uni<Page> page(UUID orgId, UUID runId, long firstByte) {
        return pool.preparedQuery(PAGE)
                .execute(Tuple.of(orgId, runId, firstByte))
                .map(RunLogRepository::page);
    }

    private static Page page(RowSet<Row> rows) {
        Row last = null;
        List<Piece> pieces = new ArrayList<>();
        for (Row row : rows) {
            if (row.getString("text") != null) {
                pieces.add(new Piece(row.getLong("first_byte"), row.getString("text")));
            }
            last = row;
        }
        if (last == null) {
            return null;
        }
        boolean full = pieces.size() == MOST_PIECES || !pieces.isEmpty() && last.getLong("upto") >= MOST_BYTES;
        return new Page(
                pieces,
                full,
                RunState.of(last.getString("state")),
                last.getInteger("exit_code"),
                last.getString("error"));
    }
}
