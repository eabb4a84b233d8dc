package com.reliably.runner.github;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentPolicy;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.RunnerEvent;
import com.reliably.schedule.Overlap;
import com.reliably.start.PublicUrl;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
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

    static final Duration SOON = Duration.ofSeconds(20);
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

    /** A clock that tests move; it goes on by itself. */
    static final class MovedClock extends Clock {

        private volatile Duration offset = Duration.ZERO;

        void move(Duration by) {
            offset = offset.plus(by);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Clock.systemUTC().instant().plus(offset);
        }
    }

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
        gitHub.close();
        assertEquals(List.of(), gitHub.faults());
    }

    /** What a server has in memory, anew: after a crash, or of another server. */
    final GitHubRunner newServer() {
        GitHubSettings settings = settings();
        GitHubHttp http = new GitHubHttp(settings, new RateLimits(clock), json);
        GitHubApis apis =
                new GitHubApis(http, new RepositoryAddress.Finder(policy(), settings), new AppTokens(http, clock));
        PullRequests pullRequests = new PullRequests();
        WorkflowKeeper keeper = new WorkflowKeeper(pullRequests, new ActionPins());
        RepositoryRuns runs = new RepositoryRuns(settings);
        DeliveryStore deliveries = new DeliveryStore(pool);
        RepositoryNews news = new RepositoryNews(deliveries);
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
                new WebhookChecks(deliveries, publicUrl),
                clock);
    }

    final GitHubSettings settings() {
        return new TestSettings(List.of("github.com=" + gitHub.apiUrl(), "ghe.example.com=" + gitHub.apiUrl()));
    }

    private record TestSettings(List<String> urls) implements GitHubSettings {

        @Override
        public Optional<List<String>> apiUrls() {
            return Optional.of(urls);
        }

        @Override
        public Duration pollEvery() {
            return Duration.ofMillis(50);
        }

        @Override
        public Duration answersWithin() {
            return Duration.ofSeconds(10);
        }

        @Override
        public Duration settlesWithin() {
            return SETTLES;
        }

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

        @Override
        public List<String> logHosts() {
            return List.of("*.blob.core.windows.net");
        }
    }

    private static DeploymentPolicy policy() {
        return new SmallRyeConfigBuilder()
                .withMapping(DeploymentPolicy.class)
                .withMappingIgnore("reliably.**")
                .withDefaultValue("reliably.github.allowed-hosts", "github.com,ghe.example.com")
                .build()
                .getConfigMapping(DeploymentPolicy.class);
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
                    reference,
                    () -> deployment.get(),
                    lifetime -> Uni.createFrom().item("token-" + tokens.incrementAndGet()));
            follow(runner);
        }

        void follow(GitHubRunner by) {
            observing = by.observe(run, 0).subscribe().with(events::add, failure::set);
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
        LaunchRequest request = new LaunchRequest(
                UUID.fromString(tenant.id()),
                testRuns.planId(),
                id,
                1,
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
        gitHub.runner = (run, workflow) -> {
            run.log.append("2026-01-01T00:00:00Z said by the job\n");
            gitHub.step(run, "Run reliablyhq/actions/plan@main", conclusion.equals("success"));
            gitHub.end(run, conclusion);
        };
    }
}
