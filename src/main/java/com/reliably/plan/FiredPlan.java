package com.reliably.plan;

import com.reliably.run.Fire;
import com.reliably.run.MissedReason;
import com.reliably.schedule.CatchUp;
import com.reliably.schedule.DueFires;
import com.reliably.schedule.Overlap;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What becomes of a plan that is due: the one place that decides it.
 *
 * @param id       the plan
 * @param fires    its fires that have come due, each to be run or missed
 * @param next     when it is due next; empty where this server has nothing to fire any more
 * @param replaces whether its runs that have not ended give way to this one
 */
record FiredPlan(UUID id, List<Fire> fires, Optional<Instant> next, boolean replaces) {

    private static final String HALTED = "The organization was halted";

    /**
     * Decides.
     *
     * @param now           the current time
     * @param defaultWindow how late a fire may be run where the plan does not say
     */
    static FiredPlan of(DuePlan plan, Instant now, Duration defaultWindow) {
        if (plan.keeper() != FireKeeper.SERVER) {
            DueFires due = DueFires.noneOf(plan.schedule(), plan.nextFireAt(), now);
            List<Fire> missed = missed(
                    plan.orgId(),
                    plan.id(),
                    plan.deploymentId(),
                    due,
                    MissedReason.NOT_STARTED_HERE,
                    "The plan was given a deployment that this server does not start.");
            return new FiredPlan(plan.id(), missed, Optional.empty(), false);
        }
        Duration window = plan.window() == null ? defaultWindow : plan.window();
        DueFires due = DueFires.of(plan.schedule(), plan.nextFireAt(), now, plan.catchUp(), window);
        List<Fire> fires = new ArrayList<>(tooLate(plan, due, window));
        fires.addAll(superseded(plan, due));
        boolean blocked = plan.active() && plan.overlap() == Overlap.FORBID;
        for (Instant time : due.toRun()) {
            if (plan.halted() != null) {
                fires.add(missed(plan, time, MissedReason.HALTED, whyHalted(plan)));
            } else if (blocked && !isCaughtUp(plan, time, now)) {
                fires.add(missed(plan, time, MissedReason.OVERLAP, "The run before it had not ended."));
            } else {
                fires.add(Fire.toRun(plan.orgId(), plan.id(), plan.deploymentId(), time));
            }
        }
        boolean runs = fires.stream().anyMatch(fire -> fire.missed() == null);
        return new FiredPlan(plan.id(), fires, due.next(), runs && plan.active() && plan.overlap() == Overlap.REPLACE);
    }

    /** How many of its fires are to be run. */
    int toRun() {
        return (int) fires.stream().filter(fire -> fire.missed() == null).count();
    }

    /**
     * The same, with no more fires to run than there is room for: the later ones are missed.
     *
     * @param why for people
     */
    FiredPlan within(int room, String why) {
        if (toRun() <= room) {
            return this;
        }
        List<Fire> kept = new ArrayList<>();
        List<Fire> over = new ArrayList<>();
        int free = Math.max(0, room);
        for (Fire fire : fires) {
            if (fire.missed() != null || free-- > 0) {
                kept.add(fire);
            } else {
                over.add(fire);
            }
        }
        int listed = Math.min(over.size(), DueFires.MOST_RECORDED);
        kept.addAll(missed(
                over.get(0).orgId(),
                id,
                over.get(0).deploymentId(),
                over.subList(0, listed).stream().map(Fire::nominalTime).toList(),
                listed < over.size(),
                MissedReason.TOO_MANY_PENDING,
                why));
        return new FiredPlan(id, kept, next, replaces && room > 0);
    }

    /** The fires of a plan from a moment on, during which it was suspended: all of them missed. */
    static List<Fire> missedInSuspension(Plan plan, Instant from, Instant now) {
        DueFires due = DueFires.noneOf(plan.schedule(), from, now);
        return missed(plan.orgId, plan.id, plan.deploymentId, due, MissedReason.SUSPENDED, "The plan was suspended.");
    }

    /** The fires of a plan from a moment on, during which its organisation was halted: all of them missed. */
    static List<Fire> missedInHalt(Plan plan, Instant from, Instant now, String reason) {
        DueFires due = DueFires.noneOf(plan.schedule(), from, now);
        String why = HALTED + (reason == null ? "." : ": " + reason);
        return missed(plan.orgId, plan.id, plan.deploymentId, due, MissedReason.HALTED, why);
    }

    /** The fires of a plan that have come due and are given up, because it gets another schedule. */
    static List<Fire> missedByChange(Plan plan, Instant now) {
        DueFires due = DueFires.noneOf(plan.schedule(), plan.nextFireAt, now);
        return missed(
                plan.orgId,
                plan.id,
                plan.deploymentId,
                due,
                MissedReason.RESCHEDULED,
                "The plan was given another schedule before a server could run it.");
    }

    /** Of a plan that catches up with all, late fires wait for their turn, whatever runs. */
    private static boolean isCaughtUp(DuePlan plan, Instant time, Instant now) {
        return plan.catchUp() == CatchUp.ALL && time.isBefore(now.minus(DueFires.IN_TIME));
    }

    private static List<Fire> tooLate(DuePlan plan, DueFires due, Duration window) {
        boolean none = plan.catchUp() == CatchUp.NONE;
        String why = none
                ? "No server could run it in time, and the plan does not catch up (policies.catch_up)."
                : "No server could run it in time; it would have been later than the catch-up window of "
                        + spoken(window) + " allows ("
                        + (plan.window() == null
                                ? "reliably.schedule.catch-up-window"
                                : "policies.catch_up_window_seconds")
                        + ").";
        return missed(
                plan.orgId(),
                plan.id(),
                plan.deploymentId(),
                due,
                none ? MissedReason.NOT_CAUGHT_UP : MissedReason.TOO_LATE,
                why);
    }

    /** A window may hold more of them than anybody wants to read. */
    private static List<Fire> superseded(DuePlan plan, DueFires due) {
        List<Instant> times = due.superseded();
        int listed = Math.min(times.size(), DueFires.MOST_RECORDED);
        boolean halted = plan.halted() != null;
        return missed(
                plan.orgId(),
                plan.id(),
                plan.deploymentId(),
                times.subList(0, listed),
                listed < times.size(),
                halted ? MissedReason.HALTED : MissedReason.SUPERSEDED,
                halted ? whyHalted(plan) : "Several fires had come due; only the latest is caught up with.");
    }

    private static String whyHalted(DuePlan plan) {
        return plan.halted().isEmpty() ? HALTED + "." : HALTED + ": " + plan.halted();
    }

    private static String spoken(Duration window) {
        return window.toSeconds() % 60 == 0 ? window.toMinutes() + " minutes" : window.toSeconds() + " seconds";
    }

    private static List<Fire> missed(
            UUID orgId, UUID planId, UUID deploymentId, DueFires due, MissedReason reason, String why) {
        return missed(orgId, planId, deploymentId, due.tooLate(), due.cutOff(), reason, why);
    }

    private static List<Fire> missed(
            UUID orgId,
            UUID planId,
            UUID deploymentId,
            List<Instant> times,
            boolean cutOff,
            MissedReason reason,
            String why) {
        List<Fire> fires = new ArrayList<>();
        for (Instant time : times) {
            boolean lastListed = cutOff && fires.size() == times.size() - 1;
            String error = lastListed
                    ? why + " Further fires were missed after this one; only the first " + times.size()
                            + " are recorded."
                    : why;
            fires.add(new Fire(orgId, planId, deploymentId, time, reason, error));
        }
        return fires;
    }

    private static Fire missed(DuePlan plan, Instant time, MissedReason reason, String why) {
        return new Fire(plan.orgId(), plan.id(), plan.deploymentId(), time, reason, why);
    }
}
