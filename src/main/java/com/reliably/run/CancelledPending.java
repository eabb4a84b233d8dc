package com.reliably.run;

import java.util.UUID;

/**
 * A run that was cancelled before it began.
 *
 * @param deploymentType of its deployment; null where it is not known
 */
record CancelledPending(UUID id, UUID planId, String deploymentType) {

    /** One row of {@link RunRepository#cancelPending}. */
    static CancelledPending of(Object[] row) {
        return new CancelledPending((UUID) row[0], (UUID) row[1], (String) row[2]);
    }
}
