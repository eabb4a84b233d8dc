package com.reliably.engine;

import com.reliably.engine.EngineScheduleService.AtDeployment;
import com.reliably.runner.EngineSchedule;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Tuple;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * Schedules at engines, locked in the order of their plans where they are several. There is no entity: rows are changed by statements that say what they expect, from several sides.
 * Every method joins the session or transaction of its caller. The database's clock decides.
 */
@ApplicationScoped
class EngineScheduleRepository {

    private static final String KEEP = """
            insert into engine_schedule (id, org_id, plan_id, deployment_id, deployment_type, desired)
            values (gen_random_uuid(), ?1, ?2, ?3, ?4, ?5)
            on conflict on constraint engine_schedule_once do update
            set desired = excluded.desired, generation = engine_schedule.generation + 1, failures = 0, next_try_at = null""";

    /** Only where the engine has shown a run, or may yet: else nothing was left there, and nobody's credentials are needed. */
    private static final String CLEAR = """
            insert into engine_schedule (id, org_id, plan_id, deployment_id, deployment_type, desired)
            select gen_random_uuid(), ?1, ?2, ?3, ?4, 'removed'
            where exists (select 1 from run
                          where org_id = ?1 and plan_id = ?2 and deployment_id = ?3
                            and (external_url is not null or state in ('launching', 'running')))
            on conflict on constraint engine_schedule_once do nothing""";

    private static final String REMOVE_BUT_AT = """
            update engine_schedule set desired = 'removed', generation = generation + 1, failures = 0, next_try_at = null
            where id in (select id from engine_schedule
                         where org_id = ?1 and plan_id = ?2 and deployment_id is distinct from cast(?3 as uuid)
                           and desired <> 'removed'
                         order by plan_id, deployment_id for update)""";

    private static final String REFRESH = """
            update engine_schedule set generation = generation + 1, failures = 0, next_try_at = null
            where id in (select id from engine_schedule
                         where org_id = ?1 and plan_id = any (cast(string_to_array(?2, ',') as uuid[]))
                         order by plan_id, deployment_id for update)""";

    private static final String REFRESH_AT = """
            update engine_schedule set generation = generation + 1, failures = 0, next_try_at = null
            where id in (select id from engine_schedule where org_id = ?1 and deployment_id = ?2
                         order by plan_id, deployment_id for update)""";

    private static final String HURRY = """
            update engine_schedule set failures = 0, next_try_at = null
            where id in (select id from engine_schedule where org_id = ?1 and next_try_at is not null
                         order by plan_id, deployment_id for update)""";

    private static final String AT_DEPLOYMENT = """
            select plan_id, deployment_type, desired = 'removed', error from engine_schedule
            where org_id = ?1 and deployment_id = ?2 order by created_at, id""";

    private static final String INSTALLED =
            "select plan_id from engine_schedule where org_id = ?1 and desired = 'installed'";

    private static final String TROUBLES = """
            select cast(plan_id as text) as plan, string_agg(coalesce(error, trouble), ' ' order by desired) as what
            from engine_schedule
            where org_id = ?1 and plan_id = any (cast(string_to_array(?2, ',') as uuid[])) and coalesce(error, trouble) is not null
            group by plan_id""";

    /** Of a server that is gone nobody knows what it was doing at the engine: that is done again. */
    private static final String CLAIM = """
            with free as (
                select id from engine_schedule where owner is null or lease_until < now()
                order by created_at limit ?1 for update skip locked)
            update engine_schedule s set owner = ?2, lease_until = now() + make_interval(secs => ?3), epoch = epoch + 1,
                applied_generation = case when s.owner is null then s.applied_generation
                                          else least(s.applied_generation, s.generation - 1) end
            from free where s.id = free.id
            returning s.id, s.epoch, s.org_id, s.plan_id, s.deployment_id""";

    private static final String RENEW = """
            update engine_schedule set lease_until = now() + make_interval(secs => ?1)
            where id in (select id from engine_schedule where owner = ?2 order by plan_id, deployment_id for update)
            returning id, epoch, org_id, plan_id, deployment_id""";

    private static final String DUE = """
            select s.id, s.epoch, s.org_id, s.plan_id, s.deployment_id
            from engine_schedule s join organization o on o.id = s.org_id
            where s.owner = ?1 and (s.next_try_at is null or s.next_try_at <= now())
              and (s.desired = 'removed' or s.applied_generation < s.generation or s.token_renew_at <= now()
                   or s.applied_suspended <> (s.desired = 'suspended' or o.halted_at is not null))
              and s.id <> all (cast(string_to_array(?2, ',') as uuid[]))
            order by s.next_try_at nulls first, s.created_at limit ?3""";

    private static final String LOAD = """
            select s.epoch, s.org_id, s.plan_id, s.deployment_id, s.deployment_type, s.desired, s.generation,
                   s.applied_generation >= s.generation as applied, s.applied_suspended,
                   cast(s.applied_definition as text) as applied_definition, s.applied_pattern, s.applied_timezone,
                   s.reference,
                   o.halted_at is not null as halted, p.deleted_at is not null as plan_deleted,
                   exists (select 1 from engine_schedule other
                           where other.plan_id = s.plan_id and other.id <> s.id and other.desired = 'removed') as elsewhere,
                   (select count(*) from run r
                    where r.plan_id = s.plan_id and r.deployment_id = s.deployment_id
                      and r.state in ('pending', 'launching', 'running')) as active_runs
            from engine_schedule s join organization o on o.id = s.org_id join plan p on p.id = s.plan_id
            where s.id = ?1 and s.owner = ?2 and s.epoch = ?3""";

    private static final String OURS = " where id = ?1 and owner = ?2 and epoch = ?3";

    private static final String APPLIED = """
            update engine_schedule set applied_generation = ?4, applied_suspended = ?5,
                applied_definition = cast(cast(?6 as text) as jsonb), applied_pattern = ?7, applied_timezone = ?8,
                reference = ?9, error = null, refused = false,
                failures = 0, next_try_at = null,
                token_renew_at = case when token_renew_at > now() then token_renew_at end""" + OURS;

    private static final String FAILED = """
            update engine_schedule set error = ?4, refused = ?5, failures = failures + 1,
                next_try_at = now() + make_interval(secs => case when ?5 then ?7
                    else least(?7, ?6 * power(2, least(failures, 20))) end)""" + OURS + " and generation = ?8";

    private static final String WAITS = """
            update engine_schedule set error = ?4, refused = false, next_try_at = now() + make_interval(secs => ?5)""" + OURS;

    private static final String TROUBLE = "update engine_schedule set trouble = ?4" + OURS;

    private static final String TOKEN = """
            update engine_schedule set token_renew_at = now() + make_interval(secs => ?4)""" + OURS;

    private static final String GONE =
            "delete from engine_schedule" + OURS + " and generation = ?4 and desired = 'removed'";

    private static final String HURRY_PLAN = """
            update engine_schedule set next_try_at = null
            where id in (select id from engine_schedule where org_id = ?1 and plan_id = ?2
                         order by plan_id, deployment_id for update)""";

    private static final String AGAIN = "update engine_schedule set generation = generation + 1 where id = ?1";

    /** The leases of what this server has not in hand this moment. */
    private static final String RELEASE = """
            update engine_schedule set owner = null, lease_until = null
            where id in (select id from engine_schedule
                         where owner = ?1 and id <> all (cast(string_to_array(?2, ',') as uuid[]))
                         order by plan_id, deployment_id for update)""";

    Uni<Void> keep(UUID orgId, UUID planId, UUID deploymentId, String type, Desired desired) {
        return execute(KEEP, orgId, planId, deploymentId, type, desired.toString())
                .replaceWithVoid();
    }

    /** Has what a plan's runs have left at this deployment removed, where they have. */
    Uni<Integer> clear(UUID orgId, UUID planId, UUID deploymentId, String type) {
        return execute(CLEAR, orgId, planId, deploymentId, type);
    }

    /** Has the schedules of a plan removed, but for the one at this deployment; null for all. */
    Uni<Integer> removeButAt(UUID orgId, UUID planId, UUID deploymentId) {
        return execute(REMOVE_BUT_AT, orgId, planId, deploymentId);
    }

    Uni<Void> refresh(UUID orgId, Collection<UUID> planIds) {
        return execute(REFRESH, orgId, joined(planIds)).replaceWithVoid();
    }

    Uni<Void> refreshAt(UUID orgId, UUID deploymentId) {
        return execute(REFRESH_AT, orgId, deploymentId).replaceWithVoid();
    }

    Uni<Void> hurry(UUID orgId) {
        return execute(HURRY, orgId).replaceWithVoid();
    }

    /** Has those of a plan looked at without delay. */
    Uni<Void> hurry(UUID orgId, UUID planId) {
        return execute(HURRY_PLAN, orgId, planId).replaceWithVoid();
    }

    Uni<List<AtDeployment>> atDeployment(UUID orgId, UUID deploymentId) {
        return rows(AT_DEPLOYMENT, orgId, deploymentId).map(rows -> rows.stream()
                .map(row -> new AtDeployment((UUID) row[0], (String) row[1], (Boolean) row[2], (String) row[3]))
                .toList());
    }

    Uni<Set<UUID>> installed(UUID orgId) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(INSTALLED, UUID.class)
                        .setParameter(1, orgId)
                        .getResultList())
                .map(Set::copyOf);
    }

    Uni<Map<UUID, String>> troubles(UUID orgId, Set<UUID> planIds) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(TROUBLES, Tuple.class)
                        .setParameter(1, orgId)
                        .setParameter(2, joined(planIds))
                        .getResultList())
                .map(rows -> {
                    Map<UUID, String> troubles = new HashMap<>();
                    rows.forEach(row -> troubles.put(
                            UUID.fromString(row.get("plan", String.class)), row.get("what", String.class)));
                    return troubles;
                });
    }

    /** Takes schedules of any organisation that nobody looks after (any more); another server's claims are passed over. */
    Uni<List<OwnedSchedule>> claim(String owner, Duration lease, int most) {
        return rows(CLAIM, most, owner, seconds(lease)).map(OwnedSchedule::of);
    }

    /** Says that a server still has its schedules, and which these are. */
    Uni<List<OwnedSchedule>> renew(String owner, Duration lease) {
        return rows(RENEW, seconds(lease), owner).map(OwnedSchedule::of);
    }

    /** Those of a server's schedules that are not as they should be, and whose time it is to be tried, but for these. */
    Uni<List<OwnedSchedule>> due(String owner, Set<UUID> but, int most) {
        return rows(DUE, owner, joined(but), most).map(OwnedSchedule::of);
    }

    /** A schedule as it is now; null where the server does not have it (any more). */
    Uni<KeptSchedule> load(OwnedSchedule schedule, String owner) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(LOAD, Object[].class)
                        .setParameter(1, schedule.id())
                        .setParameter(2, owner)
                        .setParameter(3, schedule.epoch())
                        .getSingleResultOrNull())
                .map(row -> row == null ? null : kept(schedule.id(), row));
    }

    private static KeptSchedule kept(UUID id, Object[] row) {
        return new KeptSchedule(
                id,
                ((Number) row[0]).longValue(),
                (UUID) row[1],
                (UUID) row[2],
                (UUID) row[3],
                (String) row[4],
                Desired.of((String) row[5]),
                ((Number) row[6]).longValue(),
                (Boolean) row[7],
                (Boolean) row[8],
                (String) row[9],
                (String) row[10],
                (String) row[11],
                (String) row[12],
                (Boolean) row[13],
                (Boolean) row[14],
                (Boolean) row[15],
                ((Number) row[16]).longValue());
    }

    /**
     * The engine has it, in the version that was loaded. The following return whether the schedule was still the owner's.
     *
     * @param masked the deployment's masked definition, as JSON
     */
    Uni<Boolean> applied(KeptSchedule schedule, String owner, EngineSchedule there, String masked, String reference) {
        return ours(
                APPLIED,
                schedule,
                owner,
                schedule.generation(),
                there.suspended(),
                masked,
                there.pattern(),
                there.timezone(),
                reference);
    }

    /** It could not be brought in step; false also where it was changed meanwhile, so that it is tried at once. */
    Uni<Boolean> failed(
            KeptSchedule schedule,
            String owner,
            String why,
            boolean refused,
            Duration retryAfter,
            Duration retryAtMost) {
        return ours(
                FAILED,
                schedule,
                owner,
                why,
                refused,
                seconds(retryAfter),
                seconds(retryAtMost),
                schedule.generation());
    }

    Uni<Boolean> waits(KeptSchedule schedule, String owner, String why, Duration forThat) {
        return ours(WAITS, schedule, owner, why, seconds(forThat));
    }

    Uni<Boolean> trouble(OwnedSchedule schedule, String owner, String what) {
        return execute(TROUBLE, schedule.id(), owner, schedule.epoch(), what).map(changed -> changed > 0);
    }

    /** Has the token replaced after this time. */
    Uni<Boolean> tokenMade(KeptSchedule schedule, String owner, Duration renewAfter) {
        return ours(TOKEN, schedule, owner, seconds(renewAfter));
    }

    /** Nothing of it is left; false also where it is wanted again. */
    Uni<Boolean> gone(KeptSchedule schedule, String owner) {
        return ours(GONE, schedule, owner, schedule.generation());
    }

    /** What is known of what the engine has is not to be relied on. */
    Uni<Void> again(UUID id) {
        return execute(AGAIN, id).replaceWithVoid();
    }

    /** What was told of a schedule, in one text or the other: error, trouble. */
    Uni<Told> told(UUID id) {
        return rows("select error, trouble from engine_schedule where id = ?1", id)
                .map(rows -> rows.isEmpty()
                        ? new Told(null, null)
                        : new Told((String) rows.get(0)[0], (String) rows.get(0)[1]));
    }

    /** What was told of a schedule, each null where nothing was. */
    record Told(String error, String trouble) {}

    Uni<Integer> release(String owner, Set<UUID> but) {
        return execute(RELEASE, owner, joined(but));
    }

    private Uni<Boolean> ours(String statement, KeptSchedule schedule, String owner, Object... values) {
        Object[] all = new Object[values.length + 3];
        all[0] = schedule.id();
        all[1] = owner;
        all[2] = schedule.epoch();
        System.arraycopy(values, 0, all, 3, values.length);
        return execute(statement, all).map(changed -> changed > 0);
    }

    private static Uni<Integer> execute(String statement, Object... values) {
        return Panache.getSession().chain(session -> {
            Mutiny.MutationQuery query = session.createNativeQuery(statement);
            for (int i = 0; i < values.length; i++) {
                query.setParameter(i + 1, values[i]);
            }
            return query.executeUpdate();
        });
    }

    private static Uni<List<Object[]>> rows(String statement, Object... values) {
        return Panache.getSession().chain(session -> {
            Mutiny.SelectionQuery<Object[]> query = session.createNativeQuery(statement, Object[].class);
            for (int i = 0; i < values.length; i++) {
                query.setParameter(i + 1, values[i]);
            }
            return query.getResultList();
        });
    }

    private static String joined(Collection<UUID> ids) {
        return ids.stream().map(UUID::toString).collect(Collectors.joining(","));
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
