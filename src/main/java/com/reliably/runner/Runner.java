package com.reliably.runner;

import com.reliably.deployment.DeploymentDefinition;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Knows one kind of engine: how a run is started there, followed, and ended. The dispatcher knows nothing of engines.
 *
 * <p>A runner keeps nothing in memory that a run needs: every method may be called by another server, or after a
 * restart, with nothing but a {@link RunAtEngine}.
 */
public interface Runner {

    /** The types of deployments ({@link DeploymentDefinition#typeName}) that this runner is for. */
    Set<String> types();

    /** Whether this runner is for that kind of deployment. */
    boolean runs(DeploymentDefinition definition);

    /**
     * How every run with this runner ends, where it is over with its launch whatever it is of: such runs are carried out
     * many at a time. Empty for every runner that starts anything.
     */
    default Optional<RunnerEvent.Ended> endOfAll() {
        return Optional.empty();
    }

    /**
     * Why runs with such a deployment are refused once several organisations share the server, with the remedy; empty where they
     * are not, as far as can be told without asking an engine.
     *
     * @param definition without its secrets
     */
    default Optional<String> refusalBesideOthers(DeploymentDefinition definition) {
        return Optional.empty();
    }

    /** Whether this runner gave out that reference; a run that was launched needs nothing else to be followed. */
    boolean knows(String reference);

    /** How many runs one server has with this runner at once; more wait as pending. */
    int atOnce();

    /**
     * Whether runs with this runner may wait for hours for what no server can hasten, such as a limit that their engine sets an
     * organisation. Of the room for such runs some is then left to organisations that have few.
     */
    default boolean mayWaitForHours() {
        return false;
    }

    /**
     * Whether only this server can follow what it started. Such runs wait for it when it is shut down; all others are
     * handed over to another server at once.
     */
    boolean isBoundToServer();

    /**
     * Starts a run, unless its engine already has it: names at the engine derive from the run's id, so that a second
     * launch of the same run finds the first instead of doubling it. An engine where several servers could launch the
     * same run without noticing prepares it, and waits for {@link #permit} before anything takes effect.
     *
     * @return fails with {@link LaunchFailure} where the run cannot be started, and nothing was
     */
    Uni<Launched> launch(LaunchRequest request);

    /** Looks for what an attempt to launch may have started: its reference, or empty. */
    Uni<Optional<String>> find(RunAtEngine run);

    /**
     * What happens to a run, from its output at {@code fromByte} on, until it has ended; the last event is an
     * {@link RunnerEvent.Ended}. Can be subscribed to again at any time. Items may be emitted on any thread.
     */
    Multi<RunnerEvent> observe(RunAtEngine run, long fromByte);

    /** Lets a run begin that said {@link RunnerEvent.Ready}. May be called again. */
    default Uni<Void> permit(RunAtEngine run) {
        return Uni.createFrom().voidItem();
    }

    /** Asks for the end of a run: gracefully first, forcefully after a while. The end itself is seen by observing. */
    Uni<Void> cancel(RunAtEngine run);

    /** Removes what the run left at its engine; called when everything of it is stored. May be called again. */
    Uni<Void> cleanUp(RunAtEngine run);

    /**
     * Looks for what would stop a run with such a deployment, and says what to do about it. Starts no experiment, and
     * leaves nothing behind.
     *
     * @param orgId      the organisation
     * @param definition with its secrets in clear
     * @return one result for each thing looked at, in the order in which people would mend them
     */
    Uni<List<CheckResult>> check(UUID orgId, DeploymentDefinition definition);

    /**
     * The same, of a deployment that is stored: with what there is to say of that one.
     *
     * @param deploymentId its id
     */
    default Uni<List<CheckResult>> check(UUID orgId, UUID deploymentId, DeploymentDefinition definition) {
        return check(orgId, definition);
    }

    /**
     * What this server's engine has of runs, ended or not, that was made more than a minute ago. Runs of installations with
     * other databases, which the engine may have too, are left alone.
     */
    default Uni<List<Leftover>> leftovers() {
        return Uni.createFrom().item(List.of());
    }

    /** Ends and removes what nobody follows any more: another attempt was made, or a crash came before the cleaning up. */
    default Uni<Void> discard(Leftover leftover) {
        return Uni.createFrom().voidItem();
    }
}
