package com.reliably.runner.github;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.deployment.GitHubDefinition;
import com.reliably.deployment.NoopDefinition;
import com.reliably.runner.DeploymentGone;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.github.standin.GitHubStandIn.Trouble;
import com.reliably.runner.github.standin.StandInRun;
import com.reliably.runner.github.workflow.WorkflowFile;
import com.reliably.testing.ApiTest;
import com.reliably.testing.MovedClock;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What GitHub has, or may have, is neither started twice nor given up, whatever goes wrong. */
@ApiTest
class GitHubOnceTest extends GitHubRunsCase {

    private static final GitHubDefinition WITHOUT_TOKEN = new GitHubDefinition(
            "https://github.com/acme/chaos", null, null, "main", "plans", "production", null, null, null, false, null);

    /** Until it is listed by the test. */
    private static final Duration NEVER = Duration.ofDays(1);

    private long dispatches() {
        return gitHub.asked().stream()
                .filter(request -> request.path().endsWith("/dispatches"))
                .count();
    }

    /** The answers to the first dispatches are lost, though GitHub does what it is asked. */
    private void answersAreLost(int count) {
        AtomicInteger lost = new AtomicInteger();
        gitHub.trouble = request -> request.path().endsWith("/dispatches") && lost.getAndIncrement() < count
                ? Trouble.LOST_AFTER
                : Trouble.NONE;
    }

    private void stepsGoOn() {
        gitHub.runs.runner = (run, workflow) -> gitHub.runs.step(run, "first", true);
    }

    private static final class DispatchesThatTakeLong extends DispatchStore {

        private final AtomicInteger intents = new AtomicInteger();
        private final MovedClock clock;

        private DispatchesThatTakeLong(Pool pool, MovedClock clock) {
            super(pool);
            this.clock = clock;
        }

        @Override
        Uni<Dispatch> intend(Dispatch seen, String repository) {
            return super.intend(seen, repository).invoke(() -> {
                if (intents.incrementAndGet() == 1) {
                    clock.move(Duration.ofSeconds(11));
                }
            });
        }
    }

    @Test
    void whatMayBeThereIsSearchedForUntilCredentialsAreGoodAgain() {
        answersAreLost(1);
        gitHub.runs.listedAfter = Duration.ofMillis(300);
        gitHub.runs.runner = (run, workflow) -> {
            gitHub.access.token = "another";
            gitHub.runs.end(run, "success");
        };
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("replace them"));
        gitHub.access.token = "github-token";
        assertEquals(How.EXITED, run.end().how());
        assertEquals(1, gitHub.runs.all().size());
        assertEquals(1, dispatches());
    }

    @Test
    void aRepositoryThatIsNotReachedIsNotOneWithoutTheRun() {
        answersAreLost(1);
        gitHub.runs.runner = (run, workflow) -> {
            gitHub.access.hidden = true;
            gitHub.runs.end(run, "success");
        };
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("do not reach"));
        await().during(SETTLES.multipliedBy(2)).atMost(SOON).until(() -> run.ended() == null);
        gitHub.access.hidden = false;
        assertEquals(How.EXITED, run.end().how());
        assertEquals(1, gitHub.runs.all().size());
    }

    @Test
    void aRunUnderWayOutlivesItsDeploymentsToken() {
        stepsGoOn();
        Followed run = launch();
        await().atMost(SOON).until(() -> run.events.contains(new RunnerEvent.Started()));
        run.crash();
        GitHubDefinition good = definition;
        definition = WITHOUT_TOKEN;
        runner = newServer();
        // Launched again, as after a crash of the server before it took down that it was launched.
        assertEquals(
                "github:https://github.com/acme/chaos/actions/runs/"
                        + gitHub.runs.all().get(0).id,
                launched(run.run.runId()));
        run.follow(runner);
        await().atMost(SOON).until(() -> run.waits("no GitHub token"));
        definition = good;
        gitHub.runs.end(gitHub.runs.all().get(0), "success");
        assertEquals(How.EXITED, run.end().how());
    }

    @Test
    void aTemplateThatCannotBeUsedDoesNotEndWhatMayBeThere() {
        gitHub.trouble = request -> {
            if (!request.path().endsWith("/dispatches")) {
                return Trouble.NONE;
            }
            gitHub.git.put(WorkflowFile.TEMPLATE_PATH, "on: push\njobs: {}\n");
            return Trouble.REFUSED_BEFORE;
        };
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("reliablyhq/actions/plan"));
        assertNull(run.ended());
        gitHub.trouble = request -> Trouble.NONE;
        gitHub.git.files("main").remove(WorkflowFile.TEMPLATE_PATH);
        jobsEnd("success");
        assertEquals(How.EXITED, run.end().how());
        assertEquals(1, gitHub.runs.all().size());
    }

    @Test
    void aRefusalDoesNotEraseTheDoubtAboutWhatWasAskedBefore() {
        AtomicInteger asked = new AtomicInteger();
        gitHub.runs.listedAfter = NEVER;
        gitHub.trouble = request -> {
            if (!request.path().endsWith("/dispatches")) {
                return Trouble.NONE;
            }
            if (asked.incrementAndGet() == 2) {
                gitHub.access.secondaryLimit = "60";
                return Trouble.NONE;
            }
            return Trouble.LOST_AFTER;
        };
        jobsEnd("success");
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("rate limit"));
        StandInRun first = gitHub.runs.all().get(0);
        gitHub.runs.list(first);
        run.crash();
        clock.move(Duration.ofMinutes(2));
        run.follow(newServer());
        assertEquals(How.EXITED, run.end().how());
        assertEquals(List.of(first), gitHub.runs.all());
        assertEquals(2, asked.get());
    }

    @Test
    void aSecondAskingThatIsRefusedForGoodDoesNotEndWhatTheFirstMayHaveMade() {
        AtomicInteger asked = new AtomicInteger();
        gitHub.runs.listedAfter = NEVER;
        gitHub.trouble = request -> {
            if (!request.path().endsWith("/dispatches")) {
                return Trouble.NONE;
            }
            if (asked.incrementAndGet() > 1) {
                gitHub.access.token = "another";
                return Trouble.NONE;
            }
            return Trouble.LOST_AFTER;
        };
        jobsEnd("success");
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("replace them"));
        gitHub.trouble = request -> Trouble.NONE;
        StandInRun first = gitHub.runs.all().get(0);
        gitHub.runs.list(first);
        gitHub.access.token = "github-token";
        assertEquals(How.EXITED, run.end().how());
        assertEquals(List.of(first), gitHub.runs.all());
    }

    @Test
    void ofTwinsTheElderIsTheRun() {
        answersAreLost(1);
        gitHub.runs.listedAfter = NEVER;
        stepsGoOn();
        Followed run = launch();
        await().atMost(SOON).until(() -> gitHub.runs.all().size() == 2);
        StandInRun elder = gitHub.runs.all().get(0);
        StandInRun later = gitHub.runs.all().get(1);
        gitHub.runs.list(elder);
        gitHub.runs.list(later);
        await().atMost(SOON).until(() -> later.cancelled);
        assertFalse(elder.cancelled);
        gitHub.runs.end(elder, "success");
        assertEquals(How.EXITED, run.end().how());
        assertTrue(run.events.contains(new RunnerEvent.Located(
                "github:https://github.com/acme/chaos/actions/runs/" + elder.id,
                "https://github.com/acme/chaos/actions/runs/" + elder.id)));
    }

    @Test
    void gitHubIsNotAskedForEverForWhatItNeverShows() {
        gitHub.trouble = request -> request.path().endsWith("/dispatches") ? Trouble.REFUSED_BEFORE : Trouble.NONE;
        Followed run = launch();
        assertEquals(How.VANISHED, run.end().how());
        assertTrue(run.end().error().contains("3 times"), run.end().error());
        assertEquals(3, dispatches());
    }

    @Test
    void aServerThatWasStoppedBeforeItAsksDoesNotAsk() {
        DispatchesThatTakeLong slow = new DispatchesThatTakeLong(pool, clock);
        store = slow;
        runner = newServer();
        AtomicInteger intentsAtDispatch = new AtomicInteger();
        gitHub.trouble = request -> {
            if (request.path().endsWith("/dispatches")) {
                intentsAtDispatch.set(slow.intents.get());
            }
            return Trouble.NONE;
        };
        jobsEnd("success");
        assertEquals(How.EXITED, launch().end().how());
        assertEquals(2, intentsAtDispatch.get());
        assertEquals(1, gitHub.runs.all().size());
    }

    @Test
    void aRunStaysInTheRepositoryThatItWasStartedIn() {
        stepsGoOn();
        Followed run = launch();
        await().atMost(SOON).until(() -> run.events.contains(new RunnerEvent.Started()));
        run.crash();
        definition = definition("https://github.com/acme/other", "main", GitHubDefinition.Delivery.COMMIT);
        runner = newServer();
        run.follow(runner);
        runner.cancel(run.run).await().atMost(SOON);
        assertEquals(How.CANCELLED, run.end().how());
        assertTrue(gitHub.runs.all().get(0).cancelled);
    }

    @Test
    void itIsSearchedForInTheRepositoryThatWasAsked() {
        answersAreLost(1);
        gitHub.runs.listedAfter = Duration.ofMillis(400);
        gitHub.runs.runner = (run, workflow) -> {
            definition = definition("https://github.com/acme/other", "main", GitHubDefinition.Delivery.COMMIT);
            gitHub.runs.end(run, "success");
        };
        Followed run = launch();
        await().atMost(SOON).until(() -> !gitHub.runs.all().isEmpty());
        run.crash();
        run.follow(newServer());
        assertEquals(How.EXITED, run.end().how());
        assertEquals(1, gitHub.runs.all().size());
    }

    @Test
    void credentialsAreNotSentToAnotherHostThanTheirs() {
        stepsGoOn();
        Followed run = launch();
        await().atMost(SOON).until(() -> run.events.contains(new RunnerEvent.Started()));
        run.crash();
        definition = definition("https://ghe.example.com/acme/other", "main", GitHubDefinition.Delivery.COMMIT);
        runner = newServer();
        AtomicInteger seen = new AtomicInteger();
        await().during(Duration.ofMillis(300))
                .atMost(SOON)
                .until(() ->
                        gitHub.asked().size() == seen.getAndSet(gitHub.asked().size()));
        int asked = gitHub.asked().size();
        runner.cancel(run.run).await().atMost(SOON);
        run.follow(runner);
        assertEquals(How.VANISHED, run.end().how());
        assertTrue(run.end().error().contains("not for github.com"), run.end().error());
        assertEquals(asked, gitHub.asked().size());
    }

    @Test
    void aRunWhoseDeploymentIsOfAnotherTypeIsGivenUp() {
        stepsGoOn();
        Followed run = launch();
        await().atMost(SOON).until(() -> run.events.contains(new RunnerEvent.Started()));
        run.crash();
        deployment = () -> Uni.createFrom().item(new NoopDefinition());
        runner = newServer();
        runner.cancel(run.run).await().atMost(SOON);
        run.follow(runner);
        assertEquals(How.VANISHED, run.end().how());
        assertTrue(run.end().error().contains("'github'"), run.end().error());
    }

    @Test
    void aDeploymentThatIsGoneBeforeAnythingWasAskedForIsAFailedLaunch() {
        deployment = () -> Uni.createFrom().failure(new DeploymentGone());
        assertEquals(How.UNPREPARED, launch().end().how());
        assertEquals(List.of(), gitHub.asked());
    }

    @Test
    void faultsOfTheServersAreTriedAgainWithPauses() {
        AtomicInteger looks = new AtomicInteger();
        deployment = () -> {
            looks.incrementAndGet();
            return Uni.createFrom().failure(new IllegalStateException("a fault"));
        };
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("server failed"));
        long begin = System.nanoTime();
        await().pollDelay(Duration.ofSeconds(1)).atMost(SOON).until(() -> true);
        // Without pauses it would be twenty a second.
        long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();
        assertTrue(looks.get() < 8 * seconds, looks + " looks in " + seconds + " s");
        jobsEnd("success");
        deployment = () -> Uni.createFrom().item(definition);
        assertEquals(How.EXITED, run.end().how());
        assertEquals(
                1,
                run.events.stream()
                        .filter(event -> event instanceof RunnerEvent.Waiting waiting
                                && waiting.why().contains("server failed"))
                        .count());
    }

    @Test
    void whatAFailedLaunchLeftIsNotTheNextOnes() {
        gitHub.runs.runner = (run, workflow) -> gitHub.runs.end(run, "failure");
        Followed first = launch();
        assertEquals(How.UNPREPARED, first.end().how());
        UUID id = first.run.runId();
        // Nothing was cleaned up. Taken over, the order is the launch's; tried again, it is another's.
        String reference = first.run.reference();
        String located = "github:" + htmlUrlOfRun(0);
        assertEquals(located, launched(id, 2, 0));
        stepsGoOn();
        assertEquals(reference, launched(id, 3, 1));
        Followed again = new Followed(id, 3, reference);
        await().atMost(SOON).until(() -> again.events.contains(new RunnerEvent.Started()));
        again.crash();
        runner = newServer();
        assertEquals("github:" + htmlUrlOfRun(1), launched(id, 4, 1));
        again.follow(runner);
        gitHub.runs.end(gitHub.runs.all().get(1), "success");
        assertEquals(How.EXITED, again.end().how());
        assertEquals(2, dispatches());
        assertTrue(
                gitHub.runs.all().get(1).title.contains(id + ".3)"),
                gitHub.runs.all().get(1).title);
    }

    @Test
    void anOrderThatDoesNotSayOfWhichLaunchItIsMayBeThePresentOne() {
        stepsGoOn();
        Followed run = launch();
        await().atMost(SOON).until(() -> run.events.contains(new RunnerEvent.Started()));
        testRuns.execute("update github_dispatch set failures = null where run_id = ?", run.run.runId());
        assertEquals("github:" + htmlUrlOfRun(0), launched(run.run.runId(), 3, 2));
        assertEquals(1, dispatches());
    }

    private String htmlUrlOfRun(int index) {
        return "https://github.com/acme/chaos/actions/runs/" + gitHub.runs.all().get(index).id;
    }

    @Test
    void aReferenceSaysTheRunAndItsRepository() {
        GitHubReference reference = GitHubReference.of("github:https://ghe.example.com/Acme/chaos/actions/runs/12")
                .orElseThrow();
        assertEquals(12, reference.id());
        assertEquals("ghe.example.com/acme/chaos", reference.repository());
        assertEquals("https://ghe.example.com/Acme/chaos/actions/runs/12", reference.url());
        assertEquals(1, reference.attempt());
        String again = GitHubReference.urlOf(reference.url(), 3);
        assertEquals("https://ghe.example.com/Acme/chaos/actions/runs/12/attempts/3", again);
        assertEquals(3, GitHubReference.of(again).orElseThrow().attempt());
        assertEquals(12, GitHubReference.of(again).orElseThrow().id());
        assertEquals(Optional.empty(), GitHubReference.of("github:" + UUID.randomUUID()));
        assertEquals(Optional.empty(), GitHubReference.of(null));
    }
}
