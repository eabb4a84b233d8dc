package com.reliably.engine;

import com.reliably.runner.EngineSchedules;
import com.reliably.runner.Runners;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The schedules that engines keep, for those who decide about them. Every method joins the transaction (or session) of its
 * caller: what should be at an engine is stored together with what makes it so, and brought about behind it, by whichever
 * server, for as long as it takes. {@link EngineWakeUp} after the commit makes it quick.
 */
@ApplicationScoped
public class EngineScheduleService {

    private final EngineScheduleRepository repository;
    private final Runners runners;

    EngineScheduleService(EngineScheduleRepository repository, Runners runners) {
        this.repository = repository;
        this.runners = runners;
    }

    /**
     * Has the engine of a deployment keep the schedule of a plan, as the plan is now; where another one had it, it is removed
     * there first.
     *
     * @param type the type of the deployment
     */
    public Uni<Void> keep(UUID orgId, UUID planId, UUID deploymentId, String type, boolean suspended) {
        Desired desired = suspended ? Desired.SUSPENDED : Desired.INSTALLED;
        return repository
                .removeButAt(orgId, planId, deploymentId)
                .chain(() -> repository.keep(orgId, planId, deploymentId, type, desired));
    }

    /**
     * Has the schedule of a plan removed, wherever it is.
     *
     * @return whether there was any
     */
    public Uni<Boolean> remove(UUID orgId, UUID planId) {
        return repository.removeButAt(orgId, planId, null).map(removed -> removed > 0);
    }

    /**
     * Has removed what the runs of a plan have left at the engine of a deployment, where that keeps anything of a plan whose
     * schedule it does not keep.
     *
     * @param type the type of the deployment
     * @return whether there is anything to be removed
     */
    public Uni<Boolean> clear(UUID orgId, UUID planId, UUID deploymentId, String type) {
        boolean keeps = runners.schedulesOf(type)
                .filter(EngineSchedules::keepsWhatRunsLeave)
                .isPresent();
        return keeps
                ? repository.clear(orgId, planId, deploymentId, type).map(added -> added > 0)
                : Uni.createFrom().item(false);
    }

    /** Has what engines have of these plans brought in step: something that the plans use was changed. */
    public Uni<Void> refresh(UUID orgId, Collection<UUID> planIds) {
        return planIds.isEmpty() ? Uni.createFrom().voidItem() : repository.refresh(orgId, planIds);
    }

    /** Has what is at the engine of a deployment brought in step, or removed, with what the deployment is now. */
    public Uni<Void> refreshAt(UUID orgId, UUID deploymentId) {
        return repository.refreshAt(orgId, deploymentId);
    }

    /** Has everything of an organisation looked at without delay, because it was halted or released. */
    public Uni<Void> hurry(UUID orgId) {
        return repository.hurry(orgId);
    }

    /**
     * A schedule that is at the engine of a deployment, or may be.
     *
     * @param type    the deployment's type when it was installed
     * @param removed whether it is to be removed
     * @param error   why it is not as it should be; null where nothing is known to be wrong
     */
    public record AtDeployment(UUID planId, String type, boolean removed, String error) {}

    /** The schedules that are at the engine of a deployment. */
    public Uni<List<AtDeployment>> atDeployment(UUID orgId, UUID deploymentId) {
        return repository.atDeployment(orgId, deploymentId);
    }

    /** The plans of an organisation whose engine should be starting what is due, unless the organisation is halted. */
    public Uni<Set<UUID>> installed(UUID orgId) {
        return repository.installed(orgId);
    }

    /** What is wrong with the schedules of plans, for people, by plan; those with which nothing is are left out. */
    public Uni<Map<UUID, String>> troubles(UUID orgId, Set<UUID> planIds) {
        return planIds.isEmpty() ? Uni.createFrom().item(Map.of()) : repository.troubles(orgId, planIds);
    }
}
