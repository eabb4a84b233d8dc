package com.reliably.organization;

import java.time.Instant;
import java.util.UUID;

/**
 * An organisation is halted: nothing of it is started.
 *
 * @param at     since when
 * @param by     the token that halted it
 * @param reason for people; may be null
 */
public record Halt(Instant at, UUID by, String reason) {

    /** What whoever wants something started is told. */
    public String refusal() {
        return "The organization is halted since " + at + (reason == null ? "" : " (" + reason + ")")
                + ": nothing is started until it is released (DELETE /api/v1/organization/{org_id}/halt).";
    }
}
