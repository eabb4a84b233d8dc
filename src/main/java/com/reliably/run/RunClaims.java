package com.reliably.run;

import com.reliably.start.ServerIdentity;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.List;

/** Which server has which run: taking up, keeping, taking over. The database decides, whatever the number of servers. */
@ApplicationScoped
class RunClaims {

    private final RunRepository repository;
    private final RunPlans plans;
    private final RunSettings settings;
    private final Clock clock;
    private final String owner;

    RunClaims(RunRepository repository, RunPlans plans, RunSettings settings, Clock clock, ServerIdentity identity) {
        this.repository = repository;
        this.plans = plans;
        this.settings = settings;
        this.clock = clock;
        this.owner = identity.name();
    }

    /** Takes up pending runs, at most so many. */
    @WithTransaction
    Uni<Integer> takeUp(int most) {
        if (most <= 0) {
            return Uni.createFrom().item(0);
        }
        Instant now = clock.instant();
        return repository.lockPending(most).chain(runs -> Multi.createFrom()
                .iterable(runs)
                .onItem()
                .transformToUniAndConcatenate(run -> {
                    own(run, now);
                    run.claimedAt = now;
                    return plans.runChanged(run.become(RunState.LAUNCHING, now, null))
                            .replaceWith(run);
                })
                .collect()
                .asList()
                .map(List::size));
    }

    /** Takes over runs of servers that are gone. Whether anything of them still exists is for the runner to see. */
    @WithTransaction
    Uni<Integer> takeOver(int most) {
        if (most <= 0) {
            return Uni.createFrom().item(0);
        }
        Instant now = clock.instant();
        return repository
                .lockAbandoned(now.minus(settings.takeOverAfter()), most)
                .invoke(runs -> runs.forEach(run -> own(run, now)))
                .map(List::size);
    }

    /** The runs that this server has, after telling the others that it still does. */
    @WithTransaction
    Uni<List<Run>> keep() {
        return repository
                .renewLeases(owner, clock.instant().plus(settings.lease()))
                .chain(() -> repository.ownedBy(owner));
    }

    private void own(Run run, Instant now) {
        run.owner = owner;
        run.leaseUntil = now.plus(settings.lease());
        run.attempt++;
    }
}
