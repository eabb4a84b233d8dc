package com.reliably.run;

import com.reliably.runner.RunnerEvent;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Tells all listeners. One that fails is a fault of the listener, and must not become one of the run. */
@Singleton
final class RunListeners {

    private static final Logger LOG = Logger.getLogger(RunListeners.class);

    private final List<RunListener> listeners;

    RunListeners(@All List<RunListener> listeners) {
        this.listeners = listeners;
    }

    void followed(Following following) {
        tell(listener -> listener.followed(following));
    }

    void launched(Following following) {
        tell(listener -> listener.launched(following));
    }

    void ending(Following following, RunnerEvent.Ended ended) {
        tell(listener -> listener.ending(following, ended));
    }

    void running(Following following) {
        tell(listener -> listener.changed(following, RunState.RUNNING, null));
    }

    /** Tells of a change, unless there was none ({@code null}). */
    void changed(Following following, RunChange change) {
        if (change != null) {
            tell(listener -> listener.changed(following, change.to(), change.error()));
        }
    }

    void left(Following following, Throwable failure) {
        tell(listener -> listener.left(following, failure));
    }

    private void tell(Consumer<RunListener> news) {
        for (RunListener listener : listeners) {
            try {
                news.accept(listener);
            } catch (RuntimeException e) {
                LOG.error("A listener of runs failed", e);
            }
        }
    }
}
