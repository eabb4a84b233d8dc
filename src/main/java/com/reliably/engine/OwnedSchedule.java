package com.reliably.engine;

import java.util.List;
import java.util.UUID;

/**
 * A schedule that a server looks after.
 *
 * @param epoch since how many owners; with the owner, who may write of it
 */
record OwnedSchedule(UUID id, long epoch, UUID orgId, UUID planId, UUID deploymentId) {

    static List<OwnedSchedule> of(List<Object[]> rows) {
        return rows.stream()
                .map(row -> new OwnedSchedule(
                        (UUID) row[0], ((Number) row[1]).longValue(), (UUID) row[2], (UUID) row[3], (UUID) row[4]))
                .toList();
    }
}
