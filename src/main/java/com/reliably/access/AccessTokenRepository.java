package com.reliably.access;

import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

@ApplicationScoped
class AccessTokenRepository implements PanacheRepositoryBase<AccessToken, UUID> {

    /** The token of this hash in any organisation: the one look-up that cannot name its organisation. */
    Uni<AccessToken> findByHash(byte[] hash) {
        return find("hash", (Object) hash).firstResult();
    }

    /** Tokens that people made and that were not revoked, by name. Those of runs and of schedules are not listed. */
    PanacheQuery<AccessToken> listed(UUID orgId) {
        return find(
                "orgId = ?1 and revokedAt is null and runId is null and scheduleId is null order by name, id", orgId);
    }

    Uni<List<AccessToken>> findAll(UUID orgId, List<UUID> ids) {
        return list("orgId = ?1 and id in ?2", orgId, ids);
    }

    Uni<AccessToken> findListed(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2 and revokedAt is null and runId is null and scheduleId is null", orgId, id)
                .firstResult();
    }

    Uni<Integer> revokeOfRun(UUID runId, Instant now) {
        return update("revokedAt = ?1 where runId = ?2 and revokedAt is null", now, runId);
    }

    Uni<Integer> revokeOfSchedule(UUID scheduleId, Instant now) {
        return update("revokedAt = ?1 where scheduleId = ?2 and revokedAt is null", now, scheduleId);
    }

    /** Lets the tokens of a schedule end at this time, where they do not before. */
    Uni<Integer> endOfSchedule(UUID scheduleId, Instant end) {
        return update("expiresAt = ?1 where scheduleId = ?2 and revokedAt is null and expiresAt > ?1", end, scheduleId);
    }

    Uni<Integer> revokeOfPlan(UUID orgId, UUID planId, Instant now) {
        return update("revokedAt = ?1 where orgId = ?2 and planId = ?3 and revokedAt is null", now, orgId, planId);
    }

    Uni<Integer> touch(UUID id, Instant now) {
        return update("lastUsedAt = ?1 where id = ?2", now, id);
    }
}
