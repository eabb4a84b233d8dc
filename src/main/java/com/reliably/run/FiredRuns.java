package com.reliably.run;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Runs of many plans at once, as their schedules fire: thousands may be due in the same minute, and one statement each
 * would take longer than that minute. Each method joins the transaction of the connection that it is given.
 */
@ApplicationScoped
public class FiredRuns {

    private static final String INSERT = """
            insert into run (id, org_id, plan_id, deployment_id, state, trigger, nominal_time, created_at, ended_at, error,
                             attempt, log_read, log_kept)
            select gen_random_uuid(), f.org_id, f.plan_id, f.deployment_id,
                   case when f.error is null then 'pending' else 'missed' end, 'schedule', f.nominal_time, now(),
                   case when f.error is null then null else now() end, f.error, 0, 0, 0
            from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[])
                 as f (org_id, plan_id, deployment_id, nominal_time, error)
            on conflict on constraint run_fires_once do nothing""";

    /**
     * Its owner sees to it; what nobody has yet ends on the spot. Whoever writes down what happens to a run locks it before
     * its plan, and here the plans are locked already: to wait for a run could be to wait for ever.
     */
    private static final String REPLACE = """
            with active as (
                select id, plan_id from run
                where plan_id = any ($1::uuid[]) and state in ('pending', 'launching', 'running')),
            free as (
                select id from run where id in (select id from active) and state in ('pending', 'launching', 'running')
                limit 1000 for no key update skip locked),
            asked as (
                update run set cancel_requested_at = coalesce(cancel_requested_at, now()),
                    state = case state when 'pending' then 'cancelled' else state end,
                    error = case state when 'pending' then 'A later fire of the plan took its place.' else error end
                from free where run.id = free.id returning run.id)
            select distinct plan_id from active where id not in (select id from asked)""";

    /** Not counted beyond what an organisation may have: whoever has far more costs no more. */
    private static final String PENDING = """
            select o.id, (select count(*) from (select 1 from run r where r.org_id = o.id and r.state = 'pending' limit $2) p)
                             as pending
            from unnest($1::uuid[]) as o (id)""";

    private final MissedFires missed;
    private final RunWakeUp wakeUp;
    private final int maxPending;

    FiredRuns(MissedFires missed, RunWakeUp wakeUp, RunSettings settings) {
        this.missed = missed;
        this.wakeUp = wakeUp;
        this.maxPending = settings.maxPending();
    }

    /** How many more runs each of these organisations may have pending. */
    public Uni<Map<UUID, Integer>> room(SqlConnection connection, Set<UUID> organizations) {
        if (organizations.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return connection
                .preparedQuery(PENDING)
                .execute(Tuple.of(organizations.toArray(UUID[]::new), maxPending))
                .map(rows -> {
                    Map<UUID, Integer> room = new HashMap<>();
                    rows.forEach(row -> room.put(row.getUUID("id"), maxPending - row.getInteger("pending")));
                    return room;
                });
    }

    /** Why a fire is missed whose organisation has no such room, for people. */
    public String whyNoRoom() {
        return RunService.tooManyPending(maxPending);
    }

    /** Stores a run for each fire, pending or missed; one that is there already stays as it is. */
    public Uni<Void> add(SqlConnection connection, List<Fire> fires) {
        if (fires.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        Tuple values = Tuple.tuple()
                .addArrayOfUUID(fires.stream().map(Fire::orgId).toArray(UUID[]::new))
                .addArrayOfUUID(fires.stream().map(Fire::planId).toArray(UUID[]::new))
                .addArrayOfUUID(fires.stream().map(Fire::deploymentId).toArray(UUID[]::new))
                .addArrayOfOffsetDateTime(fires.stream()
                        .map(fire -> fire.nominalTime().atOffset(ZoneOffset.UTC))
                        .toArray(java.time.OffsetDateTime[]::new))
                .addArrayOfString(fires.stream().map(Fire::error).toArray(String[]::new));
        return connection.preparedQuery(INSERT).execute(values).replaceWithVoid();
    }

    /** To be called once the transaction that added these is committed: has runs taken up, and missed fires counted. */
    public void committed(List<Fire> fires) {
        boolean pending = false;
        for (Fire fire : fires) {
            if (fire.missed() == null) {
                pending = true;
            } else {
                missed.add(fire.missed());
            }
        }
        if (pending) {
            wakeUp.look();
        }
    }

    /**
     * Asks for the end of every run of these plans, as far as one transaction goes.
     *
     * @return the plans that have a run which was not asked, because somebody writes to it this moment or there are too many:
     *     to be tried again
     */
    public Uni<Set<UUID>> replaceActive(SqlConnection connection, Collection<UUID> plans) {
        if (plans.isEmpty()) {
            return Uni.createFrom().item(Set.of());
        }
        return connection
                .preparedQuery(REPLACE)
                .execute(Tuple.tuple().addArrayOfUUID(plans.toArray(UUID[]::new)))
                .map(rows -> {
                    Set<UUID> busy = new HashSet<>();
                    rows.forEach(row -> busy.add(row.getUUID("plan_id")));
                    return busy;
                });
    }
}
