package com.reliably.runner.github;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.github.api.ApiParts;
import com.reliably.runner.github.api.GitHubApis;
import com.reliably.runner.github.repository.PullRequests;
import com.reliably.runner.github.repository.RepositoryParts;
import com.reliably.runner.github.repository.ServiceTokens;
import com.reliably.runner.github.repository.WorkflowKeeper;
import com.reliably.runner.github.standin.GitHubStandIn;
import com.reliably.runner.github.webhook.RepositoryNews;
import com.reliably.runner.github.webhook.WebhookParts;
import com.reliably.schedule.Overlap;
import com.reliably.start.PublicUrl;
import com.reliably.testing.MovedClock;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A runner with what a server has in memory, the real database, and a stand-in that is held to GitHub's description of itself. */
abstract class GitHubRunsCase {

    static final Duration SOON = Duration.ofSeconds(60);
    static final Duration SETTLES = Duration.ofMillis(700);

    @Inject
    Pool pool;

    @Inject
    DataSource database;

    @Inject
    ObjectMapper json;

    @Inject
    PublicUrl publicUrl;

    final MovedClock clock = new MovedClock();
    final AtomicInteger tokens = new AtomicInteger();
    /** What goes on no longer than a test. */
    final List<Cancellable> following = new CopyOnWriteArrayList<>();

    private final List<WebhookParts> hearing = new CopyOnWriteArrayList<>();
    GitHubStandIn gitHub;
    Tenant tenant;
    TestRuns testRuns;
    GitHubRunner runner;
    Overlap overlap = Overlap.FORBID;
    DispatchStore store;
    /** What those who follow a run are told of its deployment. */
    volatile Supplier<Uni<DeploymentDefinition>> deployment =
            () -> Uni.createFrom().item(this.definition);

    volatile GitHubDefinition definition =
            definition("https://github.com/acme/chaos", "main", GitHubDefinition.Delivery.COMMIT);

    @BeforeEach
    void start() {
        gitHub = GitHubStandIn.cloud(clock);
        tenant = Tenant.create();
        testRuns = new TestRuns(database, tenant);
        store = new DispatchStore(pool);
        runner = newServer();
    }

    @AfterEach
    void everyRequestAndAnswerIsAsGitHubDescribesIt() {
        following.forEach(Cancellable::cancel);
        hearing.forEach(WebhookParts::close);
        gitHub.close();
        assertEquals(List.of(), gitHub.faults());
    }

    /** What a server has in memory, anew: after a crash, or of another server. */
    final GitHubRunner newServer() {
        return newServer(newNews());
    }

    /** What a server hears of webhooks that others are told. */
    final RepositoryNews newNews() {
        WebhookParts parts = new WebhookParts(pool);
        hearing.add(parts);
        return parts.news();
    }

    /** A server that hears these news. */
    final GitHubRunner newServer(RepositoryNews news) {
        GitHubSettings settings = settings();
        GitHubApis apis = ApiParts.apis(gitHub.apiUrl(), clock, json);
        PullRequests pullRequests = new PullRequests();
        WorkflowKeeper keeper = RepositoryParts.keeper(pullRequests);
        RepositoryRuns runs = new RepositoryRuns(settings);
        ServiceTokens serviceTokens = new ServiceTokens();
        return new GitHubRunner(
                apis,
                store,
                keeper,
                runs,
                news,
                settings,
                publicUrl,
                new GitHubSchedules(apis, keeper, pullRequests, serviceTokens, runs, news, settings, publicUrl, clock),
                serviceTokens,
                new WebhookParts(pool).checks(publicUrl),
                clock);
    }

    /** Of the servers that are made from now on. */
    GitHubSettings settings() {
        return new TestSettings(Duration.ofMillis(50), SETTLES);
    }

    record TestSettings(Duration pollEvery, Duration settlesWithin) implements GitHubSettings {

        @Override
        public Duration timeout() {
            return Duration.ofHours(6);
        }

        @Override
        public int atOnce() {
            return 10;
        }

        @Override
        public String action() {
            return "reliablyhq/actions/plan@main";
        }
    }

    static GitHubDefinition definition(String repo, String ref, GitHubDefinition.Delivery delivery) {
        return new GitHubDefinition(
                repo, "github-token", null, ref, "plans", "production", delivery, null, null, false, null);
    }

    static GitHubDefinition withManagedToken(String environment) {
        return new GitHubDefinition(
                "https://github.com/acme/chaos",
                "github-token",
                null,
                "main",
                "plans",
                environment,
                null,
                null,
                null,
                true,
                null);
    }

    /** A run, followed until it is cancelled or has ended. */
    final class Followed {

        final List<RunnerEvent> events = new CopyOnWriteArrayList<>();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final RunAtEngine run;
        private Cancellable observing;

        /** Launched by the server that there is. */
        private Followed(UUID id) {
            this(id, 1, launched(id));
        }

        /** Launched already; by GitHub itself, where this is attempt 0. */
        Followed(UUID id, int attempt, String reference) {
            run = new RunAtEngine(
                    UUID.fromString(tenant.id()),
                    testRuns.planId(),
                    id,
                    attempt,
                    0,
                    reference,
                    () -> deployment.get(),
                    lifetime -> Uni.createFrom().item("token-" + tokens.incrementAndGet()));
            follow(runner);
        }

        void follow(GitHubRunner by) {
            observing = by.observe(run, 0).subscribe().with(events::add, failure::set);
            following.add(observing);
        }

        void crash() {
            observing.cancel();
        }

        RunnerEvent.Ended end() {
            await().atMost(SOON).until(() -> failure.get() != null || ended() != null);
            if (failure.get() != null) {
                throw new AssertionError(failure.get());
            }
            return ended();
        }

        /** The output, each piece with its place. */
        List<RunnerEvent> output() {
            return events.stream().filter(RunnerEvent.Output.class::isInstance).toList();
        }

        String text() {
            return events.stream()
                    .filter(RunnerEvent.Output.class::isInstance)
                    .map(event -> ((RunnerEvent.Output) event).text())
                    .collect(Collectors.joining());
        }

        RunnerEvent.Ended ended() {
            return events.stream()
                    .filter(RunnerEvent.Ended.class::isInstance)
                    .map(RunnerEvent.Ended.class::cast)
                    .findFirst()
                    .orElse(null);
        }

        boolean waits(String words) {
            return events.stream()
                    .anyMatch(e -> e instanceof RunnerEvent.Waiting w && w.why().contains(words));
        }
    }

    /** Launches a run, and says by which reference it is known. */
    final String launched(UUID id) {
        return launched(id, 1, 0);
    }

    /** The same, in an attempt behind so many that have failed. */
    final String launched(UUID id, int attempt, int failures) {
        LaunchRequest request = new LaunchRequest(
                UUID.fromString(tenant.id()),
                testRuns.planId(),
                id,
                attempt,
                failures,
                null,
                definition,
                null,
                null,
                overlap,
                () -> Uni.createFrom().item(List.of()),
                null);
        return runner.launch(request).await().atMost(SOON).reference();
    }

    final Followed launch() {
        return new Followed(testRuns.running());
    }

    final void jobsEnd(String conclusion) {
        gitHub.runs.runner = (run, workflow) -> {
            run.log.append("2026-01-01T00:00:00Z said by the job\n");
            gitHub.runs.step(run, "Run reliablyhq/actions/plan@main", conclusion.equals("success"));
            gitHub.runs.end(run, conclusion);
        };
    }
}
