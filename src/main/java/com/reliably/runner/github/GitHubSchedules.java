package com.reliably.runner.github;

import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.ScheduleEvent;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubApis;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.repository.PullRequests;
import com.reliably.runner.github.repository.ServiceTokens;
import com.reliably.runner.github.repository.WorkflowKeeper;
import com.reliably.runner.github.webhook.RepositoryNews;
import com.reliably.runner.github.workflow.GitHubCron;
import com.reliably.runner.github.workflow.WorkflowOrder;
import com.reliably.start.PublicUrl;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import org.jboss.logging.Logger;

/** Cron schedules that GitHub keeps, as {@code on.schedule} of plans' workflows. */
@Singleton
final class GitHubSchedules {

    private static final Logger LOG = Logger.getLogger(GitHubSchedules.class);

    private final GitHubApis apis;
    private final WorkflowKeeper keeper;
    private final PullRequests pullRequests;
    private final ServiceTokens serviceTokens;
    private final RepositoryRuns runs;
    private final RepositoryNews news;
    private final GitHubSettings settings;
    private final PublicUrl publicUrl;
    private final Clock clock;

    GitHubSchedules(
            GitHubApis apis,
            WorkflowKeeper keeper,
            PullRequests pullRequests,
            ServiceTokens serviceTokens,
            RepositoryRuns runs,
            RepositoryNews news,
            GitHubSettings settings,
            PublicUrl publicUrl,
            Clock clock) {
        this.apis = apis;
        this.keeper = keeper;
        this.pullRequests = pullRequests;
        this.serviceTokens = serviceTokens;
        this.runs = runs;
        this.news = news;
        this.settings = settings;
        this.publicUrl = publicUrl;
        this.clock = clock;
    }

    Uni<String> install(EngineSchedule schedule) {
        return Uni.createFrom()
                .item(() -> apis.of(schedule.definition()))
                .chain(api -> (schedule.suspended() ? suspend(api, schedule) : begin(api, schedule))
                        .onFailure(failure -> failure instanceof GitHubFault.Refused refused && isFinal(refused))
                        .transform(failure -> new LaunchFailure(
                                failure.getMessage()
                                        + ". The deployment's credentials need to write contents, workflows and actions of the"
                                        + " repository.",
                                failure))
                        .replaceWith(() ->
                                Dispatch.referenceOf("https://" + api.address().host() + "/"
                                        + api.address().fullName() + "/actions/workflows/"
                                        + WorkflowOrder.fileNameOf(schedule.planId()))));
    }

    private Uni<Void> begin(GitHubApi api, EngineSchedule schedule) {
        GitHubDefinition definition = (GitHubDefinition) schedule.definition();
        WorkflowOrder order = orderOf(api, schedule);
        return onDefaultBranch(api, definition)
                .chain(() -> keeper.keep(api, definition, order))
                .chain(kept -> kept.isInPlace()
                        // Before the workflow starts anything.
                        ? putToken(api, schedule, order).chain(() -> inState(api, order.fileName(), false))
                        // To be tried again, until people have done it.
                        : Uni.createFrom().failure(new GitHubFault.Unheard(kept.waitsFor(), null)));
    }

    /** First of all nothing is started any more, whatever becomes of the file. */
    private Uni<Void> suspend(GitHubApi api, EngineSchedule schedule) {
        return inState(api, WorkflowOrder.fileNameOf(schedule.planId()), true)
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown())
                .recoverWithUni(() -> demandNoFile(api, schedule))
                .chain(() -> inStep(api, schedule)
                        // ScheduleWatch sees it, and tells.
                        .onFailure(failure -> failure instanceof LaunchFailure || failure instanceof IOException)
                        .recoverWithUni(failure -> {
                            LOG.infof(
                                    "The workflow of plan %s is disabled, and not brought in step: %s",
                                    schedule.planId(), failure.getMessage());
                            return Uni.createFrom().voidItem();
                        }));
    }

    /** There is no workflow: because there is no file, or because GitHub has not looked at it yet. */
    private static Uni<Void> demandNoFile(GitHubApi api, EngineSchedule schedule) {
        GitHubDefinition definition = (GitHubDefinition) schedule.definition();
        // Fails for a repository that is not seen, whose files would not be seen either.
        return api.facts()
                .chain(facts -> facts.defaultBranch().equals(definition.ref())
                        ? api.file(WorkflowOrder.pathOf(schedule.planId()), definition.ref())
                                .chain(file -> file.isEmpty()
                                        ? Uni.createFrom().voidItem()
                                        : Uni.createFrom()
                                                .failure(new GitHubFault.Unheard(
                                                        "GitHub does not know the workflow yet, which was just written.",
                                                        null)))
                        : Uni.createFrom().voidItem());
    }

    /** A file that is there is kept as it should be; where there is none, there is to be none for now. */
    private Uni<Void> inStep(GitHubApi api, EngineSchedule schedule) {
        GitHubDefinition definition = (GitHubDefinition) schedule.definition();
        return api.file(WorkflowOrder.pathOf(schedule.planId()), definition.ref())
                .chain(file -> {
                    if (file.isEmpty()) {
                        // Merged, it would start what is suspended.
                        return pullRequests.withdraw(api, definition, schedule.planId());
                    }
                    WorkflowOrder order = orderOf(api, schedule);
                    return keeper.keep(api, definition, order)
                            .chain(kept -> kept.isInPlace()
                                    ? putToken(api, schedule, order)
                                    : Uni.createFrom().voidItem());
                });
    }

    /** A token is made anew each time, and long before it ends the schedule is installed again. */
    private Uni<Void> putToken(GitHubApi api, EngineSchedule schedule, WorkflowOrder order) {
        Duration timeout = schedule.timeout() == null ? settings.timeout() : schedule.timeout();
        return serviceTokens.put(
                api,
                (GitHubDefinition) schedule.definition(),
                order.environment(),
                order.planId(),
                () -> schedule.newToken().apply(timeout));
    }

    private static boolean isFinal(GitHubFault.Refused refused) {
        return refused.status() == 401 || refused.status() == 403 || refused.status() < 400;
    }

    private static Uni<Void> onDefaultBranch(GitHubApi api, GitHubDefinition definition) {
        return api.facts()
                .invoke(facts -> {
                    if (!facts.defaultBranch().equals(definition.ref())) {
                        throw new LaunchFailure("GitHub keeps schedules of the default branch only, which is '"
                                + facts.defaultBranch() + "': give the deployment that as its 'ref'.");
                    }
                })
                .replaceWithVoid();
    }

    /** A file that was just written is not known as a workflow at once; then it is tried again. */
    private static Uni<Void> inState(GitHubApi api, String fileName, boolean suspended) {
        return api.workflowState(fileName).chain(state -> {
            boolean active = "active".equals(state);
            if (active != suspended) {
                return Uni.createFrom().voidItem();
            }
            return suspended ? api.disable(fileName) : api.enable(fileName);
        });
    }

    private WorkflowOrder orderOf(GitHubApi api, EngineSchedule schedule) {
        return WorkflowOrders.scheduled(
                publicUrl,
                settings,
                schedule,
                GitHubCron.of(schedule.pattern(), schedule.timezone())
                        .lines(api.address().isCloud(), clock.instant()));
    }

    Uni<Void> remove(EngineSchedule schedule) {
        return Uni.createFrom().item(() -> apis.of(schedule.definition())).chain(api -> {
            GitHubDefinition definition = (GitHubDefinition) schedule.definition();
            String file = WorkflowOrder.fileNameOf(schedule.planId());
            String environment = WorkflowOrders.environmentOf(definition, schedule.providerEnvironment());
            return pullRequests
                    .withdraw(api, definition, schedule.planId())
                    .chain(() -> delete(api, definition, schedule.planId(), file))
                    .chain(() -> serviceTokens.remove(api, definition, environment, schedule.planId()));
        });
    }

    private static Uni<Void> delete(GitHubApi api, GitHubDefinition definition, UUID planId, String file) {
        return api.delete(
                        ".github/workflows/" + file, definition.ref(), "Remove the workflow of Reliably plan " + planId)
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused
                        && (refused.status() == 409 || refused.status() == 422))
                // A protected branch keeps the file; disabled it starts nothing.
                .recoverWithUni(() -> api.disable(file));
    }

    Multi<ScheduleEvent> watch(EngineSchedule schedule) {
        return Uni.createFrom()
                .item(() -> apis.of(schedule.definition()))
                .onItem()
                .transformToMulti(api -> new ScheduleWatch(
                                runs, news, settings, keeper, api, schedule, () -> orderOf(api, schedule))
                        .events());
    }
}
