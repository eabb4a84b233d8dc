package com.reliably.access;

import java.util.UUID;

/**
 * Who makes a request: a token, today; a person, later.
 *
 * @param id       the token's id: it stands in created_by columns, in the audit trail and as {@code user_id} on the wire
 * @param name     the token's name
 * @param orgId    the organisation that the token is bound to
 * @param right    what it may do there
 * @param operator whether it may create organisations
 * @param runId    the run that the token belongs to, null for any other token
 * @param reach    what a token with {@link Right#RUN} may see, null for any other token
 */
public record Caller(UUID id, String name, UUID orgId, Right right, boolean operator, UUID runId, Reach reach) {

    /** Whether this is the client that runs a plan. */
    public boolean isRun() {
        return right == Right.RUN;
    }
}
