package com.reliably.runner.github;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.CheckResult;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.ScheduleEvent;
import com.reliably.runner.github.standin.GitHubWebhooks;
import com.reliably.runner.github.standin.StandInRun;
import com.reliably.runner.github.webhook.RepositoryNews;
import com.reliably.runner.github.workflow.WorkflowOrder;
import com.reliably.schedule.Overlap;
import com.reliably.testing.ApiTest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs of which a webhook tells: looked at once a minute only, and seen at once all the same. */
@ApiTest
class WebhookRunsTest extends GitHubRunsCase {

    private static final String SECRET = "a-secret-of-the-webhook";
    private static final Duration POLL = Duration.ofSeconds(60);
    /** Far from the next poll, whatever the machine is busy with. */
    private static final Duration SOON = Duration.ofSeconds(40);

    @Inject
    RepositoryNews ofTheServerThatIsTold;

    private String deploymentId;

    @BeforeEach
    void theRepositoryHasAWebhook() {
        definition = new GitHubDefinition(
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
        deploymentId = tenant.deployment(Map.of(
                "type", "github", "repo", "https://github.com/acme/chaos", "token", "t", "webhook_secret", SECRET));
        gitHub.deliveries.webhook = new GitHubWebhooks(
                "/api/v1/organization/" + tenant.id() + "/deployments/" + deploymentId + "/webhooks/github", SECRET);
    }

    @Override
    GitHubSettings settings() {
        return new TestSettings(POLL, Duration.ofMinutes(2));
    }

    /** A run that GitHub looks for a runner for: from now on it is looked at once a minute. */
    private Followed followedBy(RepositoryNews news) {
        runner = newServer(news);
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("runner"));
        return run;
    }

    @Test
    void aRunIsFollowedFromDeliveryToDelivery() {
        isSeenAtOnce(ofTheServerThatIsTold);
    }

    @Test
    void aRunIsFollowedFromDeliveryToDeliveryByAnotherServerThanTheOneThatIsTold() {
        isSeenAtOnce(newNews());
    }

    private void isSeenAtOnce(RepositoryNews news) {
        Followed followed = followedBy(news);
        StandInRun run = gitHub.runs.all().get(0);
        long began = System.nanoTime();
        gitHub.runs.begin(run);
        await().atMost(SOON).until(() -> followed.events.contains(new RunnerEvent.Started()));
        gitHub.runs.step(run, "Run reliablyhq/actions/plan@main", true);
        gitHub.runs.end(run, "success");
        await().atMost(SOON).until(() -> endedWell(followed));
        assertTrue(System.nanoTime() - began < POLL.toNanos(), "it was seen by the poll");
        // The look after one delivery may see the next one's doing before that is answered.
        await().atMost(SOON).until(this::outcomes, List.of("noted", "noted", "noted")::equals);
    }

    private List<String> outcomes() {
        return gitHub.deliveries.webhook.answers().stream()
                .map(answer -> answer.json().path("outcome").asText())
                .toList();
    }

    @Test
    void whatGitHubDoesNotShowYetIsLookedAtOnceMore() {
        Followed followed = followedBy(ofTheServerThatIsTold);
        StandInRun run = gitHub.runs.all().get(0);
        ObjectNode early = gitHub.deliveries.of("completed", run);
        GitHubWebhooks webhook = gitHub.deliveries.webhook;
        gitHub.deliveries.webhook = null;
        int before = looks();
        webhook.send(early);
        await().atMost(SOON).until(() -> looks() > before);
        gitHub.runs.end(run, "success");
        await().atMost(SOON).until(() -> endedWell(followed));
    }

    private int looks() {
        return (int) gitHub.asked().stream()
                .filter(one -> one.path().endsWith("/actions/runs"))
                .count();
    }

    @Test
    void manyDeliveriesMakeFewRequests() {
        Followed followed = followedBy(ofTheServerThatIsTold);
        StandInRun run = gitHub.runs.all().get(0);
        GitHubWebhooks webhook = gitHub.deliveries.webhook;
        int before = gitHub.asked().size();
        long began = System.nanoTime();
        for (int i = 0; i < 60; i++) {
            ObjectNode delivery = gitHub.deliveries.of("in_progress", run);
            ((ObjectNode) delivery.get("workflow_run")).put("run_attempt", i);
            assertEquals("noted", webhook.send(delivery).json().path("outcome").asText());
        }
        gitHub.runs.end(run, "success");
        await().atMost(SOON).until(() -> endedWell(followed));
        long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
        int asked = gitHub.asked().size() - before;
        // One look a second; at the end the jobs and their log, too.
        assertTrue(asked <= seconds + 1 + 4, asked + " requests in " + seconds + " seconds");
    }

    @Test
    void runsThatGitHubStartsBySchedulesAreToldAtOnce() {
        runner = newServer(newNews());
        EngineSchedule schedule = new EngineSchedule(
                UUID.fromString(tenant.id()),
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
        gitHub.runs.fire(WorkflowOrder.fileNameOf(testRuns.planId()));
        await().atMost(SOON).until(() -> events.stream().anyMatch(ScheduleEvent.Started.class::isInstance));
    }

    @Test
    void theCheckSaysWhatToEnterAtGitHubAndWhenItLastTold() {
        runner = newServer(ofTheServerThatIsTold);
        UUID id = UUID.fromString(deploymentId);
        String address = publicUrl.value() + "/api/v1/organization/" + tenant.id() + "/deployments/" + deploymentId
                + "/webhooks/github";
        CheckResult none = webhookOf(id, (GitHubDefinition) definition.withSecrets(Map.of("token", "x")));
        assertEquals(CheckResult.Outcome.SKIPPED, none.outcome());
        assertTrue(none.message().contains(address), none.message());
        CheckResult silent = webhookOf(id, definition);
        assertEquals(CheckResult.Outcome.WARNING, silent.outcome());
        assertTrue(silent.remedy().contains(address), silent.remedy());
        gitHub.git.put(".github/workflows/any.yaml", "on: push\nrun-name: any\n");
        gitHub.runs.fire("any.yaml");
        await().atMost(SOON).until(() -> !gitHub.deliveries.webhook.answers().isEmpty());
        CheckResult told = webhookOf(id, definition);
        assertEquals(CheckResult.Outcome.PASSED, told.outcome());
        assertTrue(told.message().contains(Instant.now().toString().substring(0, 4)), told.message());
    }

    private CheckResult webhookOf(UUID id, GitHubDefinition of) {
        List<CheckResult> results =
                runner.check(UUID.fromString(tenant.id()), id, of).await().atMost(SOON);
        CheckResult last = results.get(results.size() - 1);
        assertEquals("webhook", last.name());
        return last;
    }

    private static boolean endedWell(Followed followed) {
        RunnerEvent.Ended end = followed.ended();
        return end != null && end.how() == How.EXITED && end.exitCode() == 0;
    }
}
