package com.reliably.runner.github;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.deployment.DeploymentPolicy;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.CheckResult;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.ScheduleEvent;
import com.reliably.runner.github.GitHubStandIn.StandInRun;
import com.reliably.runner.github.RepositoryNews.Concern;
import com.reliably.runner.github.RepositoryNews.Item;
import com.reliably.schedule.Overlap;
import com.reliably.start.PublicUrl;
import com.reliably.testing.ApiTest;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs of which a webhook tells: looked at once a minute only, and seen at once all the same. */
@ApiTest
class WebhookRunsTest {

    private static final String SECRET = "a-secret-of-the-webhook";
    private static final Duration POLL = Duration.ofSeconds(60);
    /** Far from the next poll, whatever the machine is busy with. */
    private static final Duration SOON = Duration.ofSeconds(40);

    @Inject
    Pool pool;

    @Inject
    DataSource database;

    @Inject
    ObjectMapper json;

    @Inject
    PublicUrl publicUrl;

    @Inject
    RepositoryNews ofTheServerThatIsTold;

    private final Clock clock = Clock.systemUTC();
    private final List<Cancellable> following = new ArrayList<>();
    private final List<RepositoryNews> servers = new ArrayList<>();
    private GitHubStandIn gitHub;
    private Tenant tenant;
    private UUID orgId;
    private TestRuns testRuns;
    private String deployment;
    private final GitHubDefinition definition = new GitHubDefinition(
            "https://github.com/acme/chaos",
            "github-token",
            null,
            "main",
            "plans",
            "production",
            null,
            null,
            null,
            false,
            SECRET);

    @BeforeEach
    void start() {
        gitHub = GitHubStandIn.cloud(clock);
        tenant = Tenant.create();
        orgId = UUID.fromString(tenant.id());
        testRuns = new TestRuns(database, tenant);
        deployment = tenant.deployment(Map.of(
                "type", "github", "repo", "https://github.com/acme/chaos", "token", "t", "webhook_secret", SECRET));
        gitHub.webhook = new GitHubWebhooks(
                "/api/v1/organization/" + tenant.id() + "/deployments/" + deployment + "/webhooks/github", SECRET);
    }

    @AfterEach
    void everyRequestAnswerAndDeliveryIsAsGitHubDescribesIt() {
        following.forEach(Cancellable::cancel);
        servers.forEach(RepositoryNews::stop);
        gitHub.close();
        assertEquals(List.of(), gitHub.faults());
    }

    private RepositoryNews anotherServer() {
        RepositoryNews another = new RepositoryNews(new DeliveryStore(pool));
        servers.add(another);
        return another;
    }

    private GitHubRunner runner(RepositoryNews news) {
        GitHubSettings settings = settings();
        GitHubHttp http = new GitHubHttp(settings, new RateLimits(clock), json);
        DeploymentPolicy policy = new SmallRyeConfigBuilder()
                .withMapping(DeploymentPolicy.class)
                .withMappingIgnore("reliably.**")
                .build()
                .getConfigMapping(DeploymentPolicy.class);
        GitHubApis apis =
                new GitHubApis(http, new RepositoryAddress.Finder(policy, settings), new AppTokens(http, clock));
        PullRequests pullRequests = new PullRequests();
        WorkflowKeeper keeper = new WorkflowKeeper(pullRequests, new ActionPins());
        RepositoryRuns runs = new RepositoryRuns(settings);
        ServiceTokens serviceTokens = new ServiceTokens();
        return new GitHubRunner(
                apis,
                new DispatchStore(pool),
                keeper,
                runs,
                news,
                settings,
                publicUrl,
                new GitHubSchedules(apis, keeper, pullRequests, serviceTokens, runs, news, settings, publicUrl, clock),
                serviceTokens,
                new WebhookChecks(new DeliveryStore(pool), publicUrl),
                clock);
    }

    private GitHubSettings settings() {
        return new SmallRyeConfigBuilder()
                .withMapping(GitHubSettings.class)
                .withMappingIgnore("reliably.**")
                .withDefaultValue("reliably.github.poll-every", POLL.toString())
                .withDefaultValue("reliably.github.api-urls", "github.com=" + gitHub.apiUrl())
                .build()
                .getConfigMapping(GitHubSettings.class);
    }

    private List<RunnerEvent> follow(GitHubRunner runner) {
        UUID id = testRuns.running();
        LaunchRequest request = new LaunchRequest(
                orgId,
                testRuns.planId(),
                id,
                1,
                null,
                definition,
                null,
                null,
                Overlap.FORBID,
                () -> Uni.createFrom().item(List.of()),
                null);
        String reference = runner.launch(request).await().atMost(SOON).reference();
        List<RunnerEvent> events = new CopyOnWriteArrayList<>();
        RunAtEngine run = new RunAtEngine(orgId, testRuns.planId(), id, 1, reference, () -> Uni.createFrom()
                .item(definition));
        following.add(runner.observe(run, 0).subscribe().with(events::add));
        return events;
    }

    @Test
    void aRunIsFollowedFromDeliveryToDelivery() {
        isSeenAtOnce(ofTheServerThatIsTold);
    }

    @Test
    void aRunIsFollowedFromDeliveryToDeliveryByAnotherServerThanTheOneThatIsTold() {
        isSeenAtOnce(anotherServer());
    }

    private void isSeenAtOnce(RepositoryNews news) {
        List<RunnerEvent> events = follow(runner(news));
        // GitHub looks for a runner: from now on it is looked at once a minute.
        await().atMost(SOON).until(() -> events.stream().anyMatch(RunnerEvent.Waiting.class::isInstance));
        StandInRun run = gitHub.runs().get(0);
        long began = System.nanoTime();
        gitHub.begin(run);
        await().atMost(SOON).until(() -> events.contains(new RunnerEvent.Started()));
        gitHub.step(run, "Run reliablyhq/actions/plan@main", true);
        gitHub.end(run, "success");
        await().atMost(SOON).until(() -> endedWell(events));
        assertTrue(System.nanoTime() - began < POLL.toNanos(), "it was seen by the poll");
        assertEquals(
                List.of("noted", "noted", "noted"),
                gitHub.webhook.answers().stream()
                        .map(answer -> answer.json().path("outcome").asText())
                        .toList());
    }

    @Test
    void whatGitHubDoesNotShowYetIsLookedAtOnceMore() {
        List<RunnerEvent> events = follow(runner(ofTheServerThatIsTold));
        await().atMost(SOON).until(() -> events.stream().anyMatch(RunnerEvent.Waiting.class::isInstance));
        StandInRun run = gitHub.runs().get(0);
        ObjectNode early = gitHub.delivery("completed", run);
        GitHubWebhooks webhook = gitHub.webhook;
        gitHub.webhook = null;
        int before = looks();
        webhook.send(early);
        await().atMost(SOON).until(() -> looks() > before);
        gitHub.end(run, "success");
        await().atMost(SOON).until(() -> endedWell(events));
    }

    private int looks() {
        return (int) gitHub.asked().stream()
                .filter(one -> one.path().endsWith("/actions/runs"))
                .count();
    }

    @Test
    void manyDeliveriesMakeFewRequests() {
        List<RunnerEvent> events = follow(runner(ofTheServerThatIsTold));
        await().atMost(SOON).until(() -> events.stream().anyMatch(RunnerEvent.Waiting.class::isInstance));
        StandInRun run = gitHub.runs().get(0);
        GitHubWebhooks webhook = gitHub.webhook;
        int before = gitHub.asked().size();
        long began = System.nanoTime();
        for (int i = 0; i < 60; i++) {
            ObjectNode delivery = gitHub.delivery("in_progress", run);
            ((ObjectNode) delivery.get("workflow_run")).put("run_attempt", i);
            assertEquals("noted", webhook.send(delivery).json().path("outcome").asText());
        }
        gitHub.end(run, "success");
        await().atMost(SOON).until(() -> endedWell(events));
        long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
        int asked = gitHub.asked().size() - before;
        // One look a second; at the end the jobs and their log, too.
        assertTrue(asked <= seconds + 1 + 4, asked + " requests in " + seconds + " seconds");
    }

    @Test
    void runsThatGitHubStartsBySchedulesAreToldAtOnce() {
        GitHubRunner runner = runner(anotherServer());
        EngineSchedule schedule = new EngineSchedule(
                orgId,
                testRuns.planId(),
                null,
                "*/15 * * * *",
                "Europe/Paris",
                false,
                Overlap.FORBID,
                Duration.ZERO,
                null,
                definition,
                null,
                () -> Uni.createFrom().item(List.of()),
                lifetime -> Uni.createFrom().item("token"),
                reference -> Uni.createFrom().item(false));
        runner.install(schedule).await().atMost(SOON);
        List<ScheduleEvent> events = new CopyOnWriteArrayList<>();
        following.add(runner.watch(schedule).subscribe().with(events::add));
        await().atMost(SOON).until(() -> events.stream().anyMatch(ScheduleEvent.Sound.class::isInstance));
        gitHub.fire(WorkflowOrder.fileNameOf(testRuns.planId()));
        await().atMost(SOON).until(() -> events.stream().anyMatch(ScheduleEvent.Started.class::isInstance));
    }

    @Test
    void nobodyHearsOfAnotherOrganizationsDeliveries() {
        RepositoryNews news = anotherServer();
        Concern concern = new Concern(orgId, "github.com/acme/chaos", null);
        long before = news.lastOf(concern);
        news.tell(new Item(UUID.randomUUID(), "github.com/acme/chaos", 1));
        news.tell(new Item(orgId, "github.com/acme/other", 1));
        assertEquals(before, news.lastOf(concern));
        news.tell(new Item(orgId, "github.com/acme/chaos", 1));
        assertTrue(news.lastOf(concern) > before);
    }

    @Test
    void whatHappensDuringALookIsNotMissed() {
        RepositoryNews news = anotherServer();
        long lookedAt = System.nanoTime();
        news.tell(new Item(orgId, "github.com/acme/chaos", 7));
        Concern concern = new Concern(orgId, "github.com/acme/chaos", 7L);
        news.pause(concern, lookedAt, Duration.ofMinutes(10)).await().atMost(SOON);
    }

    /** Counts how often the real one is asked. */
    private static final class CountedStore extends DeliveryStore {

        private final AtomicInteger asked = new AtomicInteger();

        private CountedStore(Pool pool) {
            super(pool);
        }

        @Override
        Uni<News> since(Long place, UUID server) {
            asked.incrementAndGet();
            return super.since(place, server);
        }
    }

    @Test
    void theDatabaseIsAskedOnlyWhileSomebodyWaits() {
        CountedStore store = new CountedStore(pool);
        RepositoryNews news = new RepositoryNews(store);
        servers.add(news);
        news.tell(new Item(orgId, "github.com/acme/chaos", 1));
        assertEquals(0, store.asked.get());
        Concern other = new Concern(orgId, "github.com/acme/chaos", 2L);
        Cancellable waits = news.pause(
                        other, System.nanoTime() - Duration.ofMinutes(1).toNanos(), POLL)
                .subscribe()
                .with(ignored -> {});
        await().atMost(SOON).until(() -> store.asked.get() > 2);
        waits.cancel();
        AtomicInteger seen = new AtomicInteger(-1);
        await().atMost(SOON)
                .pollInterval(Duration.ofSeconds(2))
                .until(() -> seen.getAndSet(store.asked.get()) == store.asked.get());
    }

    @Test
    void theCheckSaysWhatToEnterAtGitHubAndWhenItLastTold() {
        GitHubRunner runner = runner(ofTheServerThatIsTold);
        UUID id = UUID.fromString(deployment);
        String address = publicUrl.value() + "/api/v1/organization/" + tenant.id() + "/deployments/" + deployment
                + "/webhooks/github";
        CheckResult none = webhookOf(runner, id, (GitHubDefinition) definition.withSecrets(Map.of("token", "x")));
        assertEquals(CheckResult.Outcome.SKIPPED, none.outcome());
        assertTrue(none.message().contains(address), none.message());
        CheckResult silent = webhookOf(runner, id, definition);
        assertEquals(CheckResult.Outcome.WARNING, silent.outcome());
        assertTrue(silent.remedy().contains(address), silent.remedy());
        gitHub.put(".github/workflows/any.yaml", "on: push\nrun-name: any\n");
        gitHub.fire("any.yaml");
        await().atMost(SOON).until(() -> !gitHub.webhook.answers().isEmpty());
        CheckResult told = webhookOf(runner, id, definition);
        assertEquals(CheckResult.Outcome.PASSED, told.outcome());
        assertTrue(told.message().contains(Instant.now().toString().substring(0, 4)), told.message());
    }

    private CheckResult webhookOf(GitHubRunner runner, UUID id, GitHubDefinition of) {
        List<CheckResult> results = runner.check(orgId, id, of).await().atMost(SOON);
        CheckResult last = results.get(results.size() - 1);
        assertEquals("webhook", last.name());
        return last;
    }

    private static boolean endedWell(List<RunnerEvent> events) {
        return events.stream()
                .anyMatch(event ->
                        event instanceof RunnerEvent.Ended ended && ended.how() == How.EXITED && ended.exitCode() == 0);
    }
}
