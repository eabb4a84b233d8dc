package com.reliably.run;

import com.reliably.start.ServerIdentity;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Which server has which run: taking up, keeping, taking over. The database decides, by its own clock, whatever the
 * number of servers and whatever their clocks say.
 */
@ApplicationScoped
class RunClaims {

    private final RunRepository repository;
    private final RunSettings settings;
    private final String owner;

    RunClaims(RunRepository repository, RunSettings settings, ServerIdentity identity) {
        this.repository = repository;
        this.settings = settings;
        this.owner = identity.name();
    }

    /**
     * Takes up pending runs with deployments of these types, at most so many.
     *
     * @param served organisations whose runs are left alone
     * @param has    how many runs organisations have: those that have fewest come first
     */
    @WithTransaction
    Uni<List<Run>> takeUp(Set<String> types, Set<UUID> served, Map<UUID, Integer> has, int most) {
        return repository.takeUp(owner, settings.lease(), types, Set.of(), served, has, most);
    }

    /** Takes up pending runs with deployments that are of none of these types, at most so many. */
    @WithTransaction
    Uni<List<Run>> takeUpOthers(Set<String> knownTypes, int most) {
        return repository.takeUp(owner, settings.lease(), null, knownTypes, Set.of(), most);
    }

    /**
     * Takes over runs of servers that are gone, without launches of these types. Whether anything of them still exists is
     * for the runner to see.
     */
    @WithTransaction
    Uni<List<Run>> takeOver(Set<String> notLaunchedHere, int most) {
        return repository.takeOver(owner, settings.lease(), settings.takeOverAfter(), notLaunchedHere, most);
    }

    /** The runs that this server has, after telling the others that it still does. */
    @WithTransaction
    Uni<List<OwnedRun>> keep() {
        return repository.renew(owner, settings.lease());
    }

    /** The runs that this server has. */
    @WithSession
    Uni<List<OwnedRun>> owned() {
        return repository.ownedBy(owner);
    }

    /** Those of this server's runs, whole. */
    @WithSession
    Uni<List<Run>> load(Set<UUID> ids) {
        return repository.owned(owner, ids);
    }

    /** The runs with these ids, whoever has them. */
    @WithSession
    Uni<List<Run>> look(Set<UUID> ids) {
        return repository.withIds(ids);
    }

    /** Hands this server's runs over, but for those with deployments of these types. */
    @WithTransaction
    Uni<Integer> release(Set<String> boundTypes) {
        return repository.release(owner, boundTypes);
    }

    /** Whether this server has a run, in this attempt. */
    boolean isOurs(Run run, int attempt) {
        return owner.equals(run.owner) && run.attempt == attempt;
    }
}
