package com.reliably.run;

import com.reliably.runner.RunAtEngine;
import com.reliably.runner.Runner;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import java.util.UUID;
import java.util.concurrent.Executor;

/** A run that this server is following right now, in one attempt. */
final class Following {

    private final Run run;
    private final How how;
    private final DatabaseTime databaseTime;
    private final Context context;
    private final MaskedOutput output = new MaskedOutput();
    private volatile Runner runner;
    private volatile RunAtEngine atEngine;
    private volatile Cancellable observing = () -> {};
    private volatile boolean ending;
    private boolean cancelled;

    /**
     * Begins with nothing known of the engine.
     *
     * @param run          as the database has it now
     * @param how          how this server came to have it
     * @param databaseTime the database's clock
     * @param context      a context of the run's own, because a database session hangs on the context it was opened on
     */
    Following(Run run, How how, DatabaseTime databaseTime, Context context) {
        this.run = run;
        this.how = how;
        this.databaseTime = databaseTime;
        this.context = context;
    }

    /** How a server comes to have a run. */
    enum How {
        TAKEN_UP,
        TAKEN_OVER,
        /** It had it before: before a restart, or before following failed. */
        FOUND_AGAIN
    }

    /** As it was when following began. */
    Run run() {
        return run;
    }

    How how() {
        return how;
    }

    /** What of its output is held back because a secret may begin there. */
    MaskedOutput output() {
        return output;
    }

    DatabaseTime databaseTime() {
        return databaseTime;
    }

    UUID id() {
        return run.id;
    }

    /** Runs work on the run's own context. */
    Executor executor() {
        return work -> context.runOnContext(ignored -> work.run());
    }

    /** Whether this is about the attempt that the database knows. */
    boolean isOf(OwnedRun owned) {
        return run.attempt == owned.attempt();
    }

    /** Its engine has it, under a reference. */
    void knownTo(Runner newRunner, RunAtEngine run) {
        runner = newRunner;
        atEngine = run;
    }

    /** The runner that it is with; null before its launch. */
    Runner runner() {
        return runner;
    }

    /** As its engine has it; null before its launch. */
    RunAtEngine atEngine() {
        return atEngine;
    }

    void observedBy(Cancellable subscription) {
        observing = subscription;
    }

    /** The end was seen, and is being written down and cleaned up after. */
    void end() {
        ending = true;
    }

    /** Stops observing, unless the end is being written down. The run itself goes on. */
    void stop() {
        if (!ending) {
            observing.cancel();
        }
    }

    /** Whether its end is to be asked for now: once its engine has it, and true only once, until {@link #tryCancelAgain}. */
    synchronized boolean mayBeCancelled() {
        boolean now = !cancelled && atEngine != null;
        cancelled |= now;
        return now;
    }

    synchronized void tryCancelAgain() {
        cancelled = false;
    }
}
