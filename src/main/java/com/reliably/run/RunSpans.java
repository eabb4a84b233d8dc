package com.reliably.run;

import com.reliably.runner.RunnerEvent;
import com.reliably.trace.RunTraces;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Writes what this server does for a run into the run's trace: {@code run.wait}, {@code run.launch}, {@code
 * run.prepare}, {@code run.observe}, {@code run.end}, one after the other, and the whole when it has seen the end. Times
 * are the database's, so that those of several servers fit together.
 */
@Singleton
final class RunSpans implements RunListener {

    private static final String WAIT = "run.wait";
    private static final String LAUNCH = "run.launch";
    private static final String PREPARE = "run.prepare";
    private static final String OBSERVE = "run.observe";
    private static final String END = "run.end";

    private final RunTraces traces;
    private final Map<Following, Steps> open = new ConcurrentHashMap<>();

    RunSpans(RunTraces traces) {
        this.traces = traces;
    }

    @Override
    public void followed(Following following) {
        if (traces.areOn()) {
            open.put(following, new Steps(following));
        }
    }

    @Override
    public void launched(Following following) {
        with(following, steps -> steps.from(LAUNCH, PREPARE));
    }

    @Override
    public void changed(Following following, RunState state, String why) {
        with(following, steps -> steps.changed(state, why));
    }

    @Override
    public void ending(Following following, RunnerEvent.Ended ended) {
        with(following, steps -> steps.ending(ended));
    }

    @Override
    public void left(Following following, Throwable failure) {
        with(following, steps -> steps.leave(failure == null ? null : failure.toString()));
        open.remove(following);
    }

    /** What goes on without this server is another's to tell; what this one did is told. */
    void stop(@Observes ShutdownEvent event) {
        for (Following following : open.keySet()) {
            with(following, steps -> steps.leave("The server was stopped."));
            open.remove(following);
        }
    }

    private void with(Following following, Consumer<Steps> work) {
        Steps steps = open.get(following);
        if (steps != null) {
            synchronized (steps) {
                work.accept(steps);
            }
        }
    }

    /** What this server does for one run, step by step. */
    private final class Steps {

        private final Following following;
        private String name;
        private Span current;
        private RunState state;
        private String why;

        Steps(Following following) {
            this.following = following;
            Run run = following.run();
            Instant taken = following.databaseTime().seen();
            if (following.how() == Following.How.TAKEN_UP && run.due().isBefore(taken)) {
                described(traces.part(run.id, WAIT, run.due())).end(taken);
            }
            begin(run.state() == RunState.RUNNING ? OBSERVE : LAUNCH, taken);
        }

        void from(String before, String next) {
            if (name.equals(before)) {
                step(next);
            }
        }

        void changed(RunState newState, String newWhy) {
            if (newState == RunState.RUNNING) {
                from(LAUNCH, OBSERVE);
                from(PREPARE, OBSERVE);
                return;
            }
            state = newState;
            why = newWhy;
        }

        void ending(RunnerEvent.Ended ended) {
            step(END);
            current.setAttribute("reliably.ended", ended.how().toString());
            if (ended.exitCode() != null) {
                current.setAttribute("reliably.exit_code", ended.exitCode());
            }
        }

        void leave(String failure) {
            Instant now = following.databaseTime().now();
            if (state != null) {
                concluded(current);
            }
            if (failure != null) {
                current.setAttribute("reliably.left", failure);
            }
            current.end(now);
            if (state != null && state.isFinal()) {
                Run run = following.run();
                concluded(described(traces.whole(run.id, beginning(run)))).end(now);
            }
        }

        private Instant beginning(Run run) {
            return run.nominalTime == null ? run.createdAt : run.nominalTime;
        }

        private Span concluded(Span span) {
            span.setAttribute("reliably.state", state.toString());
            if (state == RunState.FAILED || state == RunState.LOST || state == RunState.PENDING) {
                span.setStatus(StatusCode.ERROR, why == null ? "" : why);
            }
            return span;
        }

        private void step(String next) {
            Instant now = following.databaseTime().now();
            current.end(now);
            begin(next, now);
        }

        private void begin(String next, Instant at) {
            name = next;
            current = described(traces.part(following.run().id, next, at));
        }

        private Span described(Span span) {
            Run run = following.run();
            span.setAttribute("reliably.org_id", run.orgId.toString());
            span.setAttribute("reliably.plan_id", run.planId.toString());
            span.setAttribute("reliably.run_id", run.id.toString());
            span.setAttribute("reliably.attempt", run.attempt);
            span.setAttribute("reliably.trigger", run.trigger);
            span.setAttribute("reliably.owner", run.owner);
            span.setAttribute("reliably.taken", following.how().toString());
            if (run.deploymentType != null) {
                span.setAttribute("reliably.type", run.deploymentType);
            }
            return span;
        }
    }
}
