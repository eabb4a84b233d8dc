package com.reliably.plan;

import com.reliably.run.Fire;
import com.reliably.run.FiredRuns;
import com.reliably.run.RunWakeUp;
import com.reliably.schedule.ScheduleSettings;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
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

    private final DuePlans duePlans;
    private final FiredRuns runs;
    private final RunWakeUp wakeUp;
    private final Pool pool;
    private final Duration window;
    private final Map<UUID, Long> resting = new ConcurrentHashMap<>();

    PlanFires(DuePlans duePlans, FiredRuns runs, RunWakeUp wakeUp, Pool pool, ScheduleSettings settings) {
        this.duePlans = duePlans;
        this.runs = runs;
        this.wakeUp = wakeUp;
        this.pool = pool;
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
                        .chain(batch -> {
                            List<FiredPlan> fired = decide(batch);
                            return store(connection, fired)
                                    .replaceWith(new Outcome(batch.plans().size(), startsRuns(fired)));
                        }))
                .invoke(outcome -> {
                    if (outcome.startsRuns()) {
                        wakeUp.look();
                    }
                })
                .map(Outcome::due);
    }

    private record Outcome(int due, boolean startsRuns) {}

    private List<FiredPlan> decide(DuePlans.Batch batch) {
        List<FiredPlan> fired = new ArrayList<>();
        for (DuePlan plan : batch.plans()) {
            try {
                fired.add(FiredPlan.of(plan, batch.now(), window));
            } catch (RuntimeException e) {
                LOG.errorf(e, "Plan %s of organization %s cannot be fired, it is tried again", plan.id(), plan.orgId());
                resting.put(plan.id(), System.nanoTime());
            }
        }
        return fired;
    }

    private Uni<Void> store(SqlConnection connection, List<FiredPlan> fired) {
        List<Fire> fires = fired.stream().flatMap(plan -> plan.fires().stream()).toList();
        List<UUID> replaced =
                fired.stream().filter(FiredPlan::replaces).map(FiredPlan::id).toList();
        return runs.replaceActive(connection, replaced)
                .chain(() -> runs.add(connection, fires))
                .chain(() -> duePlans.advance(connection, fired));
    }

    private static boolean startsRuns(List<FiredPlan> fired) {
        return fired.stream().flatMap(plan -> plan.fires().stream()).anyMatch(fire -> fire.missed() == null);
    }

    private Set<UUID> resting() {
        resting.values().removeIf(since -> System.nanoTime() - since > REST.toNanos());
        return Set.copyOf(resting.keySet());
    }
}
