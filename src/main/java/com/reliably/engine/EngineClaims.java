package com.reliably.engine;

import com.reliably.run.RunSettings;
import com.reliably.start.ServerIdentity;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Which server looks after which schedule: one at a time, for as long as it says so again before its lease ends. The
 * database decides, by its own clock.
 */
@ApplicationScoped
class EngineClaims {

    private final EngineScheduleRepository repository;
    private final RunSettings settings;
    private final String owner;

    EngineClaims(EngineScheduleRepository repository, RunSettings settings, ServerIdentity identity) {
        this.repository = repository;
        this.settings = settings;
        this.owner = identity.name();
    }

    /** The name of this server. */
    String owner() {
        return owner;
    }

    /** Takes schedules that nobody looks after, at most so many. */
    @WithTransaction
    Uni<List<OwnedSchedule>> claim(int most) {
        return repository.claim(owner, settings.lease(), most);
    }

    /** This server's schedules, after telling the others that it still has them. */
    @WithTransaction
    Uni<List<OwnedSchedule>> keep() {
        return repository.renew(owner, settings.lease());
    }

    /** Those of this server's schedules for which there is something to do at their engine, but for these. */
    @WithTransaction
    Uni<List<OwnedSchedule>> due(Set<UUID> but, int most) {
        return repository.due(owner, but, most);
    }

    /** Hands this server's schedules over, but for these: their leases end by themselves. */
    @WithTransaction
    Uni<Integer> release(Set<UUID> but) {
        return repository.release(owner, but);
    }
}
