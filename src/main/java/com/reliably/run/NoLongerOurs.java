package com.reliably.run;

import java.util.UUID;

/** This server has lost a run: another one has taken it over, or it has ended. Nothing may be written of it any more. */
final class NoLongerOurs extends RuntimeException {

    NoLongerOurs(UUID runId) {
        super("Run " + runId + " is no longer this server's", null, false, false);
    }
}
