package com.reliably.runner;

import com.reliably.deployment.DeploymentDefinition;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.UUID;

/**
 * Knows one kind of engine: how a run is started there, followed, and ended. The dispatcher knows nothing of engines.
 *
 * <p>A runner keeps nothing in memory that a run needs: every method may be called by another server, or after a
 * restart, with nothing but the run's id and its reference.
 */
public interface Runner {

    /** Whether this runner is for that kind of deployment. */
    boolean runs(DeploymentDefinition definition);

    /** Whether this runner gave out that reference; a run that was launched needs nothing else to be followed. */
    boolean knows(String reference);

    /**
     * Starts a run, unless its engine already has it: names at the engine derive from the run's id, so that a second
     * launch of the same run finds the first instead of doubling it.
     *
     * @return the reference by which the engine knows the run; fails with {@link LaunchFailure} where the run cannot be
     *     started, and nothing was
     */
    Uni<String> launch(LaunchRequest request);

    /** Looks for a run that may have been started by a server that is gone: its reference, or empty. */
    Uni<Optional<String>> find(UUID runId);

    /**
     * What happens to a run, from its output at {@code fromByte} on, until it has ended; the last event is an
     * {@link RunnerEvent.Ended}. Can be subscribed to again at any time. Items may be emitted on any thread.
     */
    Multi<RunnerEvent> observe(UUID runId, String reference, long fromByte);

    /** Asks for the end of a run: gracefully first, forcefully after a while. The end itself is seen by observing. */
    Uni<Void> cancel(UUID runId, String reference);

    /** Removes what the run left at its engine; called when everything of it is stored. May be called again. */
    Uni<Void> cleanUp(UUID runId, String reference);
}
