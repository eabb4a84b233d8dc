package com.reliably.run;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

@ApplicationScoped
class RunRepository implements PanacheRepositoryBase<Run, UUID> {

    private static final String ACTIVE = "state in ('pending', 'launching', 'running')";

    Uni<Run> find(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2", orgId, id).firstResult();
    }

    /** The same, locked until the transaction ends, so that two causes do not end a run twice. */
    Uni<Run> findLocked(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2", orgId, id)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResult();
    }

    /** Runs of an organisation that the filter lets through, latest first. */
    PanacheQuery<Run> listed(UUID orgId, RunFilter filter) {
        List<String> conditions = new ArrayList<>(List.of("orgId = :orgId"));
        Map<String, Object> values = new HashMap<>(Map.of("orgId", orgId));
        filter.addTo(conditions, values);
        return find(String.join(" and ", conditions) + " order by createdAt desc, id", values);
    }

    Uni<List<Run>> findAll(UUID orgId, List<UUID> ids) {
        return list("orgId = ?1 and id in ?2", orgId, ids);
    }

    Uni<Boolean> hasActive(UUID orgId, UUID planId) {
        return count("orgId = ?1 and planId = ?2 and " + ACTIVE, orgId, planId).map(n -> n > 0);
    }

    Uni<List<Run>> activeOfPlan(UUID orgId, UUID planId) {
        return find("orgId = ?1 and planId = ?2 and " + ACTIVE, orgId, planId)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list();
    }

    /** Every run of the organisation that has not ended, locked, in an order that all who lock several keep. */
    Uni<List<Run>> activeOfOrganization(UUID orgId) {
        return find("orgId = ?1 and " + ACTIVE + " order by id", orgId)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list();
    }

    /** Inserts a run, unless its plan has one of the same nominal time already. */
    Uni<Boolean> insertOnce(Run run) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        insert into run (id, org_id, plan_id, deployment_id, state, trigger, nominal_time, created_at,
                                         created_by, ended_at, error, attempt, log_read, log_kept)
                        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0, 0)
                        on conflict on constraint run_fires_once do nothing
                        """)
                .setParameter(1, run.id)
                .setParameter(2, run.orgId)
                .setParameter(3, run.planId)
                .setParameter(4, run.deploymentId)
                .setParameter(5, run.state)
                .setParameter(6, run.trigger)
                .setParameter(7, run.nominalTime)
                .setParameter(8, run.createdAt)
                .setParameter(9, run.createdBy)
                .setParameter(10, run.endedAt)
                .setParameter(11, run.error)
                .executeUpdate()
                .map(inserted -> inserted == 1));
    }

    /**
     * Takes up runs of any organisation that nobody has, oldest first; those that another server is taking up this
     * moment are passed over. Runs of one plan go one after the other, in the order of their nominal times, unless the
     * plan allows them to overlap: the plan's row is locked with the run's, so that no two servers judge it at once.
     *
     * @param types  types of deployments; null takes those that are in no set of {@code others}
     * @param served organisations whose runs are left where they are
     */
    Uni<List<Run>> takeUp(
            String owner, Duration lease, Set<String> types, Set<String> others, Set<UUID> served, int most) {
        String kind = types == null
                ? "(r.deployment_type is null or r.deployment_type <> all (string_to_array(?4, ',')))"
                : "r.deployment_type = any (string_to_array(?4, ','))";
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        with picked as (
                            select r.id from run r
                            join plan p on p.id = r.plan_id
                            join organization o on o.id = r.org_id
                            where r.state = 'pending' and %s
                              and r.org_id <> all (cast(string_to_array(?5, ',') as uuid[]))
                              and (r.not_before is null or r.not_before <= now())
                              and o.halted_at is null
                              and (p.overlap = 'allow' or not exists (
                                  select 1 from run other where other.plan_id = r.plan_id
                                    and (other.state in ('launching', 'running') or other.state = 'pending'
                                         and (coalesce(other.nominal_time, other.created_at), other.id)
                                             < (coalesce(r.nominal_time, r.created_at), r.id))))
                            order by r.created_at limit ?1
                            for update of r, p skip locked)
                        update run set state = 'launching', error = null, owner = ?2, attempt = attempt + 1,
                            claimed_at = now(), lease_until = now() + make_interval(secs => ?3)
                        from picked where run.id = picked.id returning run.id
                        """.formatted(kind), UUID.class)
                .setParameter(1, most)
                .setParameter(2, owner)
                .setParameter(3, seconds(lease))
                .setParameter(4, String.join(",", types == null ? others : types))
                .setParameter(5, served.stream().map(UUID::toString).collect(Collectors.joining(",")))
                .getResultList()
                .chain(this::withIds));
    }

    /**
     * Takes over runs of any organisation whose owner has let its lease end: at once those that were being launched, of
     * which nothing has taken effect; after a while those that run. Not its own: what a server has that stood still, it has
     * in the same attempt when it goes on.
     *
     * @param notLaunchedHere types of deployments of which this server begins nothing: a launch of these is left to the
     *     others, unless it is to be cancelled
     */
    Uni<List<Run>> takeOver(String owner, Duration lease, Duration after, Set<String> notLaunchedHere, int most) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        with abandoned as (
                            select id from run
                            where owner is distinct from ?3
                              and (state = 'launching' and lease_until < now()
                                   and (deployment_type is null or cancel_requested_at is not null
                                        or deployment_type <> all (string_to_array(?5, ',')))
                                   or state = 'running' and lease_until < now() - make_interval(secs => ?1))
                            order by lease_until limit ?2 for update skip locked)
                        update run set owner = ?3, attempt = attempt + 1, lease_until = now() + make_interval(secs => ?4)
                        from abandoned where run.id = abandoned.id returning run.id
                        """, UUID.class)
                .setParameter(1, seconds(after))
                .setParameter(2, most)
                .setParameter(3, owner)
                .setParameter(4, seconds(lease))
                .setParameter(5, String.join(",", notLaunchedHere))
                .getResultList()
                .chain(this::withIds));
    }

    /** Runs of any organisation, locked until the transaction ends; what is changed of them is sent in batches. */
    Uni<List<Run>> lockAll(Collection<UUID> ids) {
        return Panache.getSession()
                .invoke(session -> session.setBatchSize(ids.size()))
                .chain(() -> find("id in ?1 order by id", ids)
                        .withLock(LockModeType.PESSIMISTIC_WRITE)
                        .list());
    }

    /** Says that a server still has its runs, and which these are. */
    Uni<List<OwnedRun>> renew(String owner, Duration lease) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        update run set lease_until = now() + make_interval(secs => ?1)
                        where owner = ?2 and state in ('launching', 'running')
                        returning id, attempt, cancel_requested_at is not null as cancel_requested
                        """, Object[].class)
                .setParameter(1, seconds(lease))
                .setParameter(2, owner)
                .getResultList()
                .map(rows -> rows.stream().map(OwnedRun::of).toList()));
    }

    /** The runs that a server has. */
    Uni<List<OwnedRun>> ownedBy(String owner) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        select id, attempt, cancel_requested_at is not null as cancel_requested from run
                        where owner = ?1 and state in ('launching', 'running')
                        """, Object[].class)
                .setParameter(1, owner)
                .getResultList()
                .map(rows -> rows.stream().map(OwnedRun::of).toList()));
    }

    /** Lets the leases end of what another server can go on with: all but what is bound to this one. */
    Uni<Integer> release(String owner, Set<String> boundTypes) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        update run set lease_until = now() - interval '1 day'
                        where owner = ?1 and (state = 'launching' and external_reference is null
                            or state in ('launching', 'running')
                               and coalesce(deployment_type, '') <> all (string_to_array(?2, ',')))
                        """)
                .setParameter(1, owner)
                .setParameter(2, String.join(",", boundTypes))
                .executeUpdate());
    }

    /** Runs of a server, whole. */
    Uni<List<Run>> owned(String owner, Set<UUID> ids) {
        return list("owner = ?1 and id in ?2 and state in ('launching', 'running')", owner, ids);
    }

    /** The runs of any organisation with these ids, whatever became of them. */
    Uni<List<Run>> withIds(Collection<UUID> ids) {
        return ids.isEmpty() ? Uni.createFrom().item(List.of()) : list("id in ?1", ids);
    }

    /** Has a launch tried again after a while; what was printed stays, and more is added behind it. */
    Uni<Void> tryAgain(Run run, Duration wait, String why) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        update run set state = 'pending', error = ?2, not_before = now() + make_interval(secs => ?3),
                            launch_failures = launch_failures + 1, owner = null, lease_until = null,
                            external_reference = null, log_base = log_base + log_read, log_read = 0
                        where id = ?1
                        """)
                .setParameter(1, run.id)
                .setParameter(2, why)
                .setParameter(3, seconds(wait))
                .executeUpdate()
                .replaceWithVoid());
    }

    /** Whether a run was made of what an engine has started. */
    Uni<Boolean> hasStarted(UUID orgId, UUID planId, String reference) {
        return count(
                        "orgId = ?1 and planId = ?2 and externalReference = ?3 and trigger = 'engine'",
                        orgId,
                        planId,
                        reference)
                .map(n -> n > 0);
    }

    /**
     * Why an engine should not have started a run of a plan; null where it should. Keeps the plan from being changed, and its
     * organisation from being halted or released, until the transaction ends; locked in this order, as by those who ask
     * for runs.
     */
    Uni<String> whyNotToStart(UUID orgId, UUID planId, Instant nominalTime) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        select case when deleted_at is not null then 'The plan was deleted.'
                                    when suspended_at <= ?3 then 'The plan was suspended.' end
                        from plan where org_id = ?1 and id = ?2 for update
                        """, String.class)
                .setParameter(1, orgId)
                .setParameter(2, planId)
                .setParameter(3, nominalTime)
                .getSingleResultOrNull()
                .chain(ofPlan -> session.createNativeQuery("""
                                select case when halted_at is not null then 'The organization is halted.' end
                                from organization where id = ?1 for share
                                """, String.class)
                        .setParameter(1, orgId)
                        .getSingleResultOrNull()
                        .map(halted -> halted == null ? ofPlan : halted)));
    }

    /** Inserts a run that its engine has started; false where the plan has one of that reference, or of that time. */
    Uni<Boolean> insertStarted(StartedRun run, String owner, Duration lease) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        insert into run (id, org_id, plan_id, deployment_id, state, trigger, nominal_time, created_at,
                                         claimed_at, owner, lease_until, attempt, external_reference, external_url, error,
                                         cancel_requested_at, log_read, log_kept)
                        values (?1, ?2, ?3, ?4, 'running', 'engine', ?5, now(), now(), ?6,
                                now() + make_interval(secs => ?7), 0, ?8, ?9, ?10,
                                case when cast(?11 as boolean) then now() end, 0, 0)
                        on conflict do nothing
                        """)
                .setParameter(1, run.id())
                .setParameter(2, run.orgId())
                .setParameter(3, run.planId())
                .setParameter(4, run.deploymentId())
                .setParameter(5, run.nominalTime())
                .setParameter(6, owner)
                .setParameter(7, seconds(lease))
                .setParameter(8, run.reference())
                .setParameter(9, run.url())
                .setParameter(10, run.unwanted())
                .setParameter(11, run.unwanted() != null)
                .executeUpdate()
                .map(inserted -> inserted == 1));
    }

    /** The run of a plan that has this nominal time; null where there is none. */
    Uni<Run> at(UUID planId, Instant nominalTime) {
        return find("planId = ?1 and nominalTime = ?2", planId, nominalTime).firstResult();
    }

    /** Asks for the end of all runs of a plan that have been started. */
    Uni<Void> cancelStarted(UUID orgId, UUID planId) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        update run set cancel_requested_at = now()
                        where org_id = ?1 and plan_id = ?2 and state in ('launching', 'running')
                          and cancel_requested_at is null
                        """)
                .setParameter(1, orgId)
                .setParameter(2, planId)
                .executeUpdate()
                .replaceWithVoid());
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    /** Adds a piece of output; one that is there already (taken over twice, after a crash) stays as it is. */
    Uni<Void> addLog(UUID runId, long firstByte, String text) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        insert into run_log (run_id, first_byte, text) values (?1, ?2, ?3) on conflict do nothing
                        """)
                .setParameter(1, runId)
                .setParameter(2, firstByte)
                .setParameter(3, text)
                .executeUpdate()
                .replaceWithVoid());
    }

    /** The end of a run's output, enough of it for people to see what went wrong. */
    Uni<String> log(UUID runId) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        select coalesce(string_agg(text, '' order by first_byte), '')
                        from (select first_byte, text from run_log where run_id = ?1 order by first_byte desc limit 64) l
                        """, String.class)
                .setParameter(1, runId)
                .getSingleResult());
    }

    Uni<List<RunTransition>> history(UUID runId) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        select from_state, to_state, at, cause from run_transition where run_id = ?1 order by position
                        """, Object[].class)
                .setParameter(1, runId)
                .getResultList()
                .map(rows -> rows.stream().map(RunTransition::of).toList()));
    }
}
