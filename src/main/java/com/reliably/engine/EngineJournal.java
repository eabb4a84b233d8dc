package com.reliably.engine;

import com.reliably.access.TokenService;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentService;
import com.reliably.environment.EnvironmentSecret;
import com.reliably.environment.EnvironmentService;
import com.reliably.run.EngineRuns;
import com.reliably.run.RunSettings;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.SecretFile;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Provider;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Reads what is to be at an engine, and writes down what is. Each method is one transaction, and can be repeated. What is
 * written is written only as long as the schedule is this server's, since the very claim that the work began with; else
 * it fails with {@link NoLongerOurs}.
 */
@ApplicationScoped
class EngineJournal {

    private static final int LONGEST = 1000;

    private final EngineScheduleRepository repository;
    private final SchedulePlans plans;
    private final DeploymentService deployments;
    private final EnvironmentService environments;
    private final TokenService tokens;
    private final EngineRuns runs;
    private final EngineSettings settings;
    private final RunSettings runSettings;
    private final Provider<EngineJournal> self;
    private final String owner;

    EngineJournal(
            EngineScheduleRepository repository,
            SchedulePlans plans,
            DeploymentService deployments,
            EnvironmentService environments,
            TokenService tokens,
            EngineRuns runs,
            EngineSettings settings,
            RunSettings runSettings,
            Provider<EngineJournal> self,
            EngineClaims claims) {
        this.repository = repository;
        this.plans = plans;
        this.deployments = deployments;
        this.environments = environments;
        this.tokens = tokens;
        this.runs = runs;
        this.settings = settings;
        this.runSettings = runSettings;
        this.self = self;
        this.owner = claims.owner();
    }

    /** A schedule as it is now; null where it is not this server's any more. */
    @WithSession
    Uni<KeptSchedule> load(OwnedSchedule schedule) {
        return repository.load(schedule, owner);
    }

    /**
     * What an engine is to be told.
     *
     * @param now       the schedule as it should be
     * @param masked    the deployment's masked definition with which it is that, as JSON
     * @param before    the schedule as it was installed last, with the deployment's definition of then, its secrets the
     *     present ones; null where it never was
     */
    record Telling(EngineSchedule now, String masked, EngineSchedule before) {}

    /** Runs what an engine asks for where database sessions can be had. */
    interface OnContext {
        <T> Uni<T> run(Supplier<Uni<T>> work);
    }

    /** What the engine of a schedule is to be told. */
    @WithSession
    Uni<Telling> telling(KeptSchedule kept, OnContext context) {
        return plans.scheduleOf(kept.orgId(), kept.planId()).chain(planned -> deployments
                .clearDefinition(kept.orgId(), kept.deploymentId())
                .chain(definition -> before(kept)
                        .map(before -> new Telling(
                                schedule(kept, planned, planned.pattern(), planned.timezone(), definition, context),
                                deployments.masked(definition),
                                before == null
                                        ? null
                                        : schedule(
                                                kept,
                                                planned,
                                                kept.appliedPattern(),
                                                kept.appliedTimezone(),
                                                before,
                                                context)))));
    }

    private Uni<DeploymentDefinition> before(KeptSchedule kept) {
        return kept.appliedDefinition() == null
                ? Uni.createFrom().nullItem()
                : deployments.clearDefinition(kept.orgId(), kept.deploymentId(), kept.appliedDefinition());
    }

    private EngineSchedule schedule(
            KeptSchedule kept,
            PlannedSchedule planned,
            String pattern,
            String timezone,
            DeploymentDefinition definition,
            OnContext context) {
        return new EngineSchedule(
                kept.orgId(),
                kept.planId(),
                kept.reference(),
                pattern,
                timezone,
                kept.isToRest(),
                planned.overlap(),
                planned.catchUpWindow(),
                planned.timeout(),
                definition,
                planned.providerEnvironment(),
                () -> context.run(() -> self.get().secretFiles(kept.orgId(), planned)),
                atLeast -> context.run(() -> self.get().newToken(kept, planned, atLeast)),
                reference -> context.run(() -> runs.isRecorded(kept.orgId(), kept.planId(), reference)));
    }

    /** The secret files of the environment of a plan, in clear. */
    @WithSession
    Uni<List<SecretFile>> secretFiles(UUID orgId, PlannedSchedule planned) {
        return planned.environmentId() == null
                ? Uni.createFrom().item(List.of())
                : environments
                        .clearForRun(orgId, planned.environmentId())
                        .map(environment -> environment == null
                                ? List.of()
                                : environment.secrets().stream()
                                        .filter(EnvironmentSecret::isFile)
                                        .map(secret -> new SecretFile(secret.path(), secret.value()))
                                        .toList());
    }

    /**
     * A new token for the clients that the engine starts. One that was made before goes on for as long as a run may take
     * that has begun with it.
     */
    @WithTransaction
    Uni<String> newToken(KeptSchedule kept, PlannedSchedule planned, Duration atLeast) {
        Duration lifetime = longer(atLeast, settings.tokenLifetime());
        Duration ofOneRun = planned.timeout() == null
                ? runSettings.tokenLifetime()
                : longer(planned.timeout(), runSettings.tokenLifetime());
        return demandOurs(
                        kept,
                        repository.tokenMade(kept, owner, lifetime.dividedBy(3).multipliedBy(2)))
                .chain(() -> tokens.createForSchedule(kept.orgId(), kept.planId(), kept.id(), lifetime, ofOneRun));
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    /** The engine has it as it was told. */
    @WithTransaction
    Uni<Void> applied(KeptSchedule kept, Telling telling, String reference) {
        return lockAndLook(kept).chain(told -> demandOurs(
                        kept, repository.applied(kept, owner, telling.now(), telling.masked(), reference))
                .chain(() -> tell(kept, new ScheduleNews.Applied(kept.desired() == Desired.SUSPENDED, told.error()))));
    }

    /** The engine starts nothing of it any more, and does not have it for long. */
    @WithTransaction
    Uni<Void> rests(KeptSchedule kept, Telling telling, String reference) {
        return demandOurs(kept, repository.applied(kept, owner, telling.before(), kept.appliedDefinition(), reference));
    }

    /** The engine has refused it, or could not be reached. */
    @WithTransaction
    Uni<Void> failed(KeptSchedule kept, boolean refused, String why) {
        String text = shortened(why);
        return plans.lock(kept.orgId(), kept.planId())
                .chain(() ->
                        repository.failed(kept, owner, text, refused, settings.retryAfter(), settings.retryAtMost()))
                .chain(current -> current
                        ? tell(kept, refused ? new ScheduleNews.Refused(text) : new ScheduleNews.Troubled(text))
                        : Uni.createFrom().voidItem());
    }

    /** Something else comes first. */
    @WithTransaction
    Uni<Void> waits(KeptSchedule kept, String why, Duration forThat) {
        return demandOurs(kept, repository.waits(kept, owner, why, forThat));
    }

    /** Nothing of it is left at its engine: its tokens end, and it is forgotten. */
    @WithTransaction
    Uni<Void> removed(KeptSchedule kept) {
        return plans.lock(kept.orgId(), kept.planId())
                .chain(() -> repository.gone(kept, owner))
                .chain(gone -> gone ? forgotten(kept) : Uni.createFrom().voidItem());
    }

    private Uni<Void> forgotten(KeptSchedule kept) {
        return tokens.revokeOfSchedule(kept.id())
                .chain(() -> repository.hurry(kept.orgId(), kept.planId()))
                .chain(() -> tell(kept, new ScheduleNews.Removed()));
    }

    /** Asks for the end of what a deleted plan still runs. */
    @WithTransaction
    Uni<Void> cancelRuns(KeptSchedule kept) {
        return runs.cancelOfPlan(kept.orgId(), kept.planId());
    }

    /** What this server was doing at an engine may have taken effect after it had lost the schedule. */
    @WithTransaction
    Uni<Void> again(UUID id) {
        return repository.again(id);
    }

    /** Its engine says that something is wrong with it. */
    @WithTransaction
    Uni<Void> troubled(OwnedSchedule schedule, String what) {
        String text = shortened(what);
        return plans.lock(schedule.orgId(), schedule.planId())
                .chain(() -> repository.told(schedule.id()))
                .chain(told -> text.equals(told.trouble())
                        ? Uni.createFrom().voidItem()
                        : demandOurs(schedule.id(), repository.trouble(schedule, owner, text))
                                .chain(() -> plans.tell(
                                        schedule.orgId(), schedule.planId(), new ScheduleNews.Troubled(text))));
    }

    /** Its engine says that nothing is wrong with it. */
    @WithTransaction
    Uni<Void> sound(OwnedSchedule schedule) {
        return plans.lock(schedule.orgId(), schedule.planId())
                .chain(() -> repository.told(schedule.id()))
                .chain(told -> told.trouble() == null
                        ? Uni.createFrom().voidItem()
                        : demandOurs(schedule.id(), repository.trouble(schedule, owner, null))
                                .chain(() -> plans.tell(
                                        schedule.orgId(), schedule.planId(), new ScheduleNews.Sound(told.trouble()))));
    }

    private Uni<EngineScheduleRepository.Told> lockAndLook(KeptSchedule kept) {
        return plans.lock(kept.orgId(), kept.planId()).chain(() -> repository.told(kept.id()));
    }

    private Uni<Void> tell(KeptSchedule kept, ScheduleNews news) {
        return plans.tell(kept.orgId(), kept.planId(), news);
    }

    private static Uni<Void> demandOurs(KeptSchedule kept, Uni<Boolean> written) {
        return demandOurs(kept.id(), written);
    }

    private static Uni<Void> demandOurs(UUID id, Uni<Boolean> written) {
        return written.invoke(ours -> {
                    if (!Objects.requireNonNull(ours)) {
                        throw new NoLongerOurs(id);
                    }
                })
                .replaceWithVoid();
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
