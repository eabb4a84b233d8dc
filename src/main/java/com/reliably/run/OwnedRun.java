package com.reliably.run;

import java.util.UUID;

/**
 * A run that a server has.
 *
 * @param attempt         which attempt to carry it out; with the owner, who may write of it
 * @param cancelRequested whether somebody asked for its end
 */
record OwnedRun(UUID id, int attempt, boolean cancelRequested) {

    static OwnedRun of(Object[] row) {
        return new OwnedRun((UUID) row[0], ((Number) row[1]).intValue(), (Boolean) row[2]);
    }
}
