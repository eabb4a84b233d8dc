package com.reliably.access;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

@ApplicationScoped
class AccessTokenRepository implements PanacheRepositoryBase<AccessToken, UUID> {

    /**
     * The token of this hash in any organisation, unless it is revoked, or expired by the database's clock; else null. The one
     * look-up that cannot name its organisation.
     */
    Uni<UsableToken> findUsable(byte[] hash) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        select id, name, org_id, rights, operator, plan_id, run_id,
                               cast(extract(epoch from least(expires_at - now(), interval '365 days')) * 1000 as bigint) as lifetime,
                               last_used_at is null or last_used_at < now() - interval '1 minute' as unmarked
                        from access_token
                        where token_hash = ?1 and revoked_at is null and (expires_at is null or expires_at > now())
                        """, Object[].class)
                .setParameter(1, hash)
                .getSingleResultOrNull()
                .map(row -> row == null ? null : UsableToken.of(row)));
    }

    /** Whether a token of the organisation is neither revoked nor expired by the database's clock. */
    Uni<Boolean> isUsable(UUID orgId, UUID id) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        select exists (select 1 from access_token where org_id = ?1 and id = ?2 and revoked_at is null
                                       and (expires_at is null or expires_at > now()))
                        """, Boolean.class)
                .setParameter(1, orgId)
                .setParameter(2, id)
                .getSingleResult());
    }

    /** The database's time, by which tokens end. */
    Uni<Instant> now() {
        return Panache.getSession().chain(session -> session.createNativeQuery("select now()", Instant.class)
                .getSingleResult());
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

    /** Marks that a token is used, by the database's clock. */
    Uni<Integer> touch(UUID id) {
        return update("lastUsedAt = instant where id = ?1", id);
    }
}
