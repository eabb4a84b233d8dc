package com.reliably.plan;

import com.reliably.log.LogIds;
import com.reliably.run.Fire;
import com.reliably.run.FiredRuns;
import com.reliably.schedule.ScheduleSettings;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Turns fires that have come due into runs, or into missed ones with the reason. What is due stands in the database, so
 * that neither a restart nor a stall loses a fire; a plan's lock and the unique nominal time of its runs see to it that
 * no number of servers fires twice.
 */
@ApplicationScoped
class PlanFires {

    private static final Logger LOG = Logger.getLogger(PlanFires.class);
    /** For how long a plan that cannot be fired is left alone, so that it holds up no other. */
    private static final Duration REST = Duration.ofMinutes(1);

    /** What is stored in one transaction, give or take one plan's; the plans that are left over are still due. */
    private static final int MOST_FIRES = 2000;

    private final DuePlans duePlans;
    private final FiredRuns runs;
    private final Pool pool;
    private final LogIds logIds;
    private final Duration window;
    private final Map<UUID, Long> resting = new ConcurrentHashMap<>();

    PlanFires(DuePlans duePlans, FiredRuns runs, Pool pool, LogIds logIds, ScheduleSettings settings) {
        this.duePlans = duePlans;
        this.runs = runs;
        this.pool = pool;
        this.logIds = logIds;
        this.window = settings.catchUpWindow();
    }

    /**
     * Fires plans that are due by the database's clock, in one transaction, at most so many.
     *
     * @return how many were due; fewer than {@code most} where no more are
     */
    Uni<Integer> fireDue(int most) {
        return fire(null, null, most);
    }

    /** Fires one plan, if it is due at that moment and no other server has it in hand. */
    Uni<Integer> fire(UUID plan, Instant now) {
        return fire(now, plan, 1);
    }

    /** How long it is until the next plan is due; empty where that is later than the given time ahead. */
    Uni<Optional<Duration>> untilNext(Duration ahead) {
        return pool.withConnection(connection -> duePlans.untilNext(connection, ahead));
    }

    private Uni<Integer> fire(Instant now, UUID only, int most) {
        return pool.withTransaction(connection -> duePlans.lock(connection, now, only, resting(), most)
                        // After a while without any server there are thousands of fires to find.
                        .emitOn(Infrastructure.getDefaultWorkerPool())
                        .chain(batch -> withinRoom(connection, decide(batch))
                                .chain(fired -> store(connection, fired))
                                .map(fires -> new Outcome(batch.plans().size(), fires))))
                .invoke(outcome -> runs.committed(outcome.fires()))
                .map(Outcome::due);
    }

    private record Outcome(int due, List<Fire> fires) {}

    private List<FiredPlan> decide(DuePlans.Batch batch) {
        List<FiredPlan> fired = new ArrayList<>();
        int fires = 0;
        for (DuePlan plan : batch.plans()) {
            if (fires >= MOST_FIRES) {
                break;
            }
            try {
                FiredPlan decided = FiredPlan.of(plan, batch.now(), window);
                fired.add(decided);
                fires += decided.fires().size();
            } catch (RuntimeException e) {
                logIds.during(
                        plan.orgId(),
                        plan.id(),
                        () -> LOG.errorf(e, "Plan %s cannot be fired, it is tried again", plan.id()));
                resting.put(plan.id(), System.nanoTime());
            }
        }
        return fired;
    }

    /** What is over the room that an organisation has for pending runs is missed. */
    private Uni<List<FiredPlan>> withinRoom(SqlConnection connection, List<FiredPlan> fired) {
        Set<UUID> organizations = fired.stream()
                .flatMap(plan -> plan.fires().stream())
                .filter(fire -> fire.missed() == null)
                .map(Fire::orgId)
                .collect(Collectors.toSet());
        return runs.room(connection, organizations).map(room -> {
            Map<UUID, Integer> left = new HashMap<>(room);
            return fired.stream()
                    .map(plan -> plan.toRun() == 0 ? plan : withinRoom(plan, left))
                    .toList();
        });
    }

    private FiredPlan withinRoom(FiredPlan plan, Map<UUID, Integer> left) {
        UUID organization = plan.fires().get(0).orgId();
        FiredPlan within = plan.within(left.get(organization), runs.whyNoRoom());
        left.merge(organization, -within.toRun(), Integer::sum);
        return within;
    }

    private Uni<List<Fire>> store(SqlConnection connection, List<FiredPlan> fired) {
        List<UUID> replacing =
                fired.stream().filter(FiredPlan::replaces).map(FiredPlan::id).toList();
        return runs.replaceActive(connection, replacing).chain(busy -> {
            // What is left out stays due.
            List<FiredPlan> ready =
                    fired.stream().filter(plan -> !busy.contains(plan.id())).toList();
            List<Fire> fires =
                    ready.stream().flatMap(plan -> plan.fires().stream()).toList();
            return runs.add(connection, fires)
                    .chain(() -> duePlans.advance(connection, ready))
                    .replaceWith(fires);
        });
    }

    private Set<UUID> resting() {
        resting.values().removeIf(since -> System.nanoTime() - since > REST.toNanos());
        return Set.copyOf(resting.keySet());
    }
}
