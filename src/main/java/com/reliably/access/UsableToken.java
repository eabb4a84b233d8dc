package com.reliably.access;

import java.time.Duration;
import java.util.Locale;
import java.util.UUID;

/**
 * A token that is neither revoked nor expired by the database's clock, whatever this server's says.
 *
 * @param planId   null where it is not limited to a plan
 * @param runId    null where it is of no run
 * @param lifetime how long it is good from now on, at most; a year where it has no end
 * @param unmarked whether its last use was marked a while ago, or never
 */
record UsableToken(
        UUID id,
        String name,
        UUID orgId,
        Right right,
        boolean operator,
        UUID planId,
        UUID runId,
        Duration lifetime,
        boolean unmarked) {

    /** One row of {@link AccessTokenRepository#findUsable}. */
    static UsableToken of(Object[] row) {
        return new UsableToken(
                (UUID) row[0],
                (String) row[1],
                (UUID) row[2],
                Right.valueOf(((String) row[3]).toUpperCase(Locale.ROOT)),
                (Boolean) row[4],
                (UUID) row[5],
                (UUID) row[6],
                Duration.ofMillis(((Number) row[7]).longValue()),
                (Boolean) row[8]);
    }

    /** Who sends it, and what of the plan it reaches; null where it is not limited. */
    Caller caller(Reach reach) {
        return new Caller(id, name, orgId, right, operator, runId, reach);
    }
}
