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
        return find("orgId = ?1 and planId = ?2 and " + ACTIVE + " order by createdAt", orgId, planId)
                .firstResult()
                .map(run -> run != null);
    }

    /** Whether an organisation has at least so many runs pending; never counts further. */
    Uni<Boolean> hasPending(UUID orgId, int most) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        select count(*) >= ?2 from (
                            select 1 from run where org_id = ?1 and state = 'pending' limit cast(?2 as integer)) pending
                        """, Boolean.class)
                .setParameter(1, orgId)
                .setParameter(2, most)
                .getSingleResult());
    }

    Uni<List<Run>> activeOfPlan(UUID orgId, UUID planId) {
        return find("orgId = ?1 and planId = ?2 and " + ACTIVE + " order by id", orgId, planId)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list();
    }

    /**
     * Cancels pending runs of an organisation, at most so many; those that are being taken up this moment are waited for.
     *
     * @param planId null: of any plan
     * @param by     the token of whoever asked
     */
    Uni<List<CancelledPending>> cancelPending(UUID orgId, UUID planId, UUID by, String why, int most) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        with chosen as (
                            select id from run
                            where org_id = ?1 and state = 'pending'
                              and (cast(?2 as text) is null or plan_id = cast(cast(?2 as text) as uuid))
                            order by id limit ?3 for no key update)
                        update run set state = 'cancelled', error = ?4,
                            cancel_requested_at = coalesce(cancel_requested_at, now()),
                            cancel_requested_by = coalesce(cancel_requested_by, cast(cast(?5 as text) as uuid))
                        where id = any (array(select id from chosen)) returning id, plan_id, deployment_type
                        """, Object[].class)
                .setParameter(1, orgId)
                .setParameter(2, planId == null ? null : planId.toString())
                .setParameter(3, most)
                .setParameter(4, why)
                .setParameter(5, by == null ? null : by.toString())
                .getResultList()
                .map(rows -> rows.stream().map(CancelledPending::of).toList()));
    }

    /** Asks for the end of every run of an organisation that is under way, where nobody has; its owner sees to it. */
    Uni<List<CancelledRun>> cancelUnderWay(UUID orgId, UUID by) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        with chosen as (
                            select id from run where org_id = ?1 and state in ('launching', 'running')
                              and cancel_requested_at is null order by id for no key update)
                        update run set cancel_requested_at = now(), cancel_requested_by = cast(cast(?2 as text) as uuid)
                        where id = any (array(select id from chosen)) returning id, plan_id, state
                        """, Object[].class)
                .setParameter(1, orgId)
                .setParameter(2, by == null ? null : by.toString())
                .getResultList()
                .map(rows -> rows.stream()
                        .map(row -> new CancelledRun((UUID) row[0], (UUID) row[1], RunState.of((String) row[2])))
                        .toList()));
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

    /** Takes up runs as below, whatever the organisations have already. */
    Uni<List<Run>> takeUp(
            String owner, Duration lease, Set<String> types, Set<String> others, Set<UUID> served, int most) {
        return takeUp(owner, lease, types, others, served, Map.of(), most);
    }

    /**
     * Takes up runs of any organisation that nobody has, and that can be taken up now: those of the organisations first that
     * have fewest under way, of each what has waited longest. Runs of one plan go one after the other, in the order of their
     * nominal times, unless the plan allows them to overlap ({@link ClaimStatement}).
     *
     * @param types  types of deployments; null takes those that are in no set of {@code others}
     * @param served organisations whose runs are left where they are
     * @param has    how many runs organisations have under way; those that are left out have none
     */
    Uni<List<Run>> takeUp(
            String owner,
            Duration lease,
            Set<String> types,
            Set<String> others,
            Set<UUID> served,
            Map<UUID, Integer> has,
            int most) {
        List<Map.Entry<UUID, Integer>> shares = List.copyOf(has.entrySet());
        return Panache.getSession().chain(session -> session.createNativeQuery(ClaimStatement.of(types), UUID.class)
                .setParameter(1, most)
                .setParameter(2, owner)
                .setParameter(3, seconds(lease))
                .setParameter(4, String.join(",", types == null ? others : types))
                .setParameter(5, joined(served))
                .setParameter(6, joined(shares.stream().map(Map.Entry::getKey).toList()))
                .setParameter(7, joined(shares.stream().map(Map.Entry::getValue).toList()))
                .getResultList()
                .chain(this::withIds));
    }

    private static String joined(Collection<?> values) {
        return values.stream().map(Object::toString).collect(Collectors.joining(","));
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
                            where state in ('launching', 'running') and owner is distinct from ?3
                              and (state = 'launching' and lease_until < now()
                                   and (deployment_type is null or cancel_requested_at is not null
                                        or deployment_type <> all (string_to_array(?5, ',')))
                                   or state = 'running' and lease_until < now() - make_interval(secs => ?1))
                            order by lease_until limit ?2 for no key update skip locked)
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
                        where id = any (array(
                            select id from run where owner = ?2 and state in ('launching', 'running')
                            order by id for no key update))
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
                        where id = any (array(
                            select id from run where owner = ?1 and state in ('launching', 'running')
                              and (state = 'launching' and external_reference is null
                                   or coalesce(deployment_type, '') <> all (string_to_array(?2, ',')))
                            order by id for no key update))
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
                        from plan where org_id = ?1 and id = ?2 for no key update
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
                        where id = any (array(
                            select id from run where org_id = ?1 and plan_id = ?2 and state in ('launching', 'running')
                              and cancel_requested_at is null
                            order by id for no key update))
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
