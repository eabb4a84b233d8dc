package com.reliably.engine;

import java.util.UUID;

/** This server has lost a schedule: another one looks after it now, or it is gone. */
final class NoLongerOurs extends RuntimeException {

    NoLongerOurs(UUID id) {
        super("The schedule " + id + " is no longer this server's", null, false, false);
    }
}
