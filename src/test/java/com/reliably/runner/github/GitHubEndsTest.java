package com.reliably.runner.github;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.github.standin.GitHubStandIn.Trouble;
import com.reliably.runner.github.standin.StandInJobs.LogTrouble;
import com.reliably.runner.github.standin.StandInRun;
import com.reliably.schedule.Overlap;
import com.reliably.testing.ApiTest;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How runs at GitHub end, and what is told of them then. */
@ApiTest
class GitHubEndsTest extends GitHubRunsCase {

    private void stepsGoOn() {
        gitHub.runs.runner = (run, workflow) -> gitHub.runs.step(run, "first", true);
    }

    private Followed started() {
        stepsGoOn();
        Followed run = launch();
        await().atMost(SOON).until(() -> run.events.contains(new RunnerEvent.Started()));
        return run;
    }

    private long logsAsked() {
        return gitHub.asked().stream()
                .filter(request -> request.path().endsWith("/logs"))
                .count();
    }

    private long jobsAsked() {
        return gitHub.asked().stream()
                .filter(request -> request.path().endsWith("/jobs"))
                .count();
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aLogThatCannotBeHadDoesNotDecideTheEnd(LogTrouble trouble) {
        gitHub.jobs.logTrouble = trouble;
        jobsEnd("success");
        Followed run = launch();
        assertEquals(How.EXITED, run.end().how());
        assertEquals(0, run.end().exitCode());
        assertTrue(run.text().contains("this log is not to be had"), run.text());
        assertTrue(run.text().contains("Run reliablyhq/actions/plan@main: success"), run.text());
    }

    @Test
    void aRunThatNoRunnerTookDidNotRunThePlan() {
        gitHub.runs.runner = (run, workflow) -> gitHub.runs.end(run, "failure");
        Followed run = launch();
        assertEquals(How.UNPREPARED, run.end().how());
        assertTrue(run.end().error().contains("runner"), run.end().error());
    }

    @Test
    void whatIsToldIsTheSameWhereverGitHubFails() {
        Set<String> failed = ConcurrentHashMap.newKeySet();
        gitHub.trouble = request -> request.path().matches(".*/(jobs|logs|runs)") && failed.add(request.path())
                ? Trouble.REFUSED_BEFORE
                : Trouble.NONE;
        gitHub.runs.runner = (run, workflow) -> {
            run.moreJobs.add("said by another job: \u20ac\n");
            gitHub.runs.step(run, "first", true);
            gitHub.runs.step(run, "second", false);
            run.log.append("said by the job\n");
            gitHub.runs.end(run, "failure");
        };
        Followed run = launch();
        assertEquals(1, run.end().exitCode());
        assertTrue(
                run.end().error().contains("its step 'second' of the job 'chaos'"),
                run.end().error());
        gitHub.trouble = request -> Trouble.NONE;
        Followed again = new Followed(run.run.runId(), 1, run.run.reference());
        again.end();
        assertEquals(again.output(), run.output());
        assertEquals(
                1, run.events.stream().filter(new RunnerEvent.Started()::equals).count());
        assertTrue(run.text().contains("first: success"), run.text());
        assertTrue(run.text().contains("second: failure"), run.text());
        assertTrue(run.text().contains("said by another job: \u20ac"), run.text());
    }

    @Test
    void aLimitIsWaitedForBeforeALogIsLeftOut() {
        AtomicInteger asked = new AtomicInteger();
        gitHub.trouble = request -> {
            if (request.path().endsWith("/logs") && asked.incrementAndGet() == 1) {
                gitHub.access.secondaryLimit = "1";
            }
            return Trouble.NONE;
        };
        jobsEnd("success");
        Followed run = launch();
        assertEquals(How.EXITED, run.end().how());
        assertTrue(run.text().contains("said by the job"), run.text());
    }

    @Test
    void noMoreLogsAreFetchedThanAreKept() {
        String large = "x".repeat(6 * 1024 * 1024);
        gitHub.runs.runner = (run, workflow) -> {
            run.log.append(large);
            run.moreJobs.addAll(List.of(large, large));
            gitHub.runs.step(run, "first", true);
            gitHub.runs.end(run, "success");
        };
        Followed run = launch();
        assertEquals(How.EXITED, run.end().how());
        assertEquals(2, logsAsked());
        assertTrue(run.text().length() < JobLogs.MOST_OUTPUT + 1000);
        assertTrue(run.text().contains("GitHub has the rest"));
    }

    @Test
    void everyJobOfALargeMatrixIsSeen() {
        gitHub.runs.runner = (run, workflow) -> {
            for (int job = 1; job <= 255; job++) {
                run.moreJobs.add("");
            }
            run.moreJobs.set(254, "said by the last job\n");
            run.skippedJobs.add(7);
            gitHub.runs.step(run, 5, "begins", true);
        };
        Followed run = launch();
        await().atMost(SOON).until(() -> run.events.contains(new RunnerEvent.Started()));
        StandInRun atGitHub = gitHub.runs.all().get(0);
        gitHub.runs.step(atGitHub, 255, "breaks", false);
        gitHub.runs.end(atGitHub, "failure");
        assertEquals(How.EXITED, run.end().how());
        assertTrue(
                run.end().error().contains("its step 'breaks' of the job 'chaos 255'"),
                run.end().error());
        assertTrue(run.text().contains("[chaos 255] breaks: failure"), run.text());
        assertTrue(run.text().contains("===== chaos 255 =====\nsaid by the last job"), run.text());
        assertFalse(run.text().contains("more jobs"), run.text());
        // All but that of the job that was skipped.
        assertEquals(
                255,
                gitHub.asked().stream()
                        .map(request -> request.path())
                        .filter(path -> path.endsWith("/logs"))
                        .distinct()
                        .count());
    }

    @Test
    void aRunHasMoreJobsThanAreShown() {
        gitHub.runs.runner = (run, workflow) -> {
            // After which no more logs are fetched.
            run.log.append("x".repeat(JobLogs.MOST_OUTPUT));
            for (int job = 1; job < 1010; job++) {
                run.moreJobs.add("");
            }
            gitHub.runs.step(run, "first", true);
            gitHub.runs.end(run, "success");
        };
        Followed run = launch();
        assertEquals(How.EXITED, run.end().how());
        assertTrue(run.text().contains("the run has 10 more jobs"), run.text());
        assertEquals(RunJobs.MOST_PAGES, jobsAskedToFollowAnew(run));
    }

    @Test
    void aRunWithFewJobsCostsOneRequestForThem() {
        gitHub.runs.runner = (run, workflow) -> {
            for (int job = 1; job < 100; job++) {
                run.moreJobs.add("");
            }
            gitHub.runs.step(run, "first", true);
            gitHub.runs.end(run, "success");
        };
        Followed run = launch();
        assertEquals(How.EXITED, run.end().how());
        assertEquals(1, jobsAskedToFollowAnew(run));
    }

    /** For a run that has ended one look is enough; one that was going on may have been looked at more often. */
    private long jobsAskedToFollowAnew(Followed ended) {
        long before = jobsAsked();
        assertEquals(ended.end(), new Followed(ended.run.runId(), 1, ended.run.reference()).end());
        return jobsAsked() - before;
    }

    @Test
    void aLogIsFetchedWhenTheOneBeforeWasTaken() {
        gitHub.runs.runner = (run, workflow) -> {
            run.log.append("x".repeat(200_000));
            run.moreJobs.add("last");
            gitHub.runs.step(run, "first", true);
            gitHub.runs.end(run, "success");
        };
        Followed run = launch();
        run.end();
        long before = logsAsked();
        AssertSubscriber<RunnerEvent> subscriber =
                newServer().observe(run.run, 0).subscribe().withSubscriber(AssertSubscriber.create(0));
        // Where it is, that it has started, the step, the heading, and a piece of the first log.
        subscriber.request(5);
        await().atMost(SOON).until(() -> subscriber.getItems().size() == 5);
        await().during(Duration.ofMillis(300)).atMost(SOON).until(() -> logsAsked() == before + 1);
        subscriber.request(100);
        subscriber.awaitCompletion(SOON);
        assertEquals(before + 2, logsAsked());
    }

    @Test
    void runsOfAPlanThatAllowsItGoOnBesideEachOther() {
        overlap = Overlap.ALLOW;
        stepsGoOn();
        List<Followed> runs = Stream.generate(this::launch).limit(3).toList();
        await().atMost(SOON).until(() -> runs.stream().allMatch(run -> run.events.contains(new RunnerEvent.Started())));
        gitHub.runs.all().forEach(run -> gitHub.runs.end(run, "success"));
        runs.forEach(run -> assertEquals(How.EXITED, run.end().how()));
        assertEquals(1, gitHub.git.commits().size());
    }

    @Test
    void theTimeOfARunCountsFromWhenARunnerTookIt() {
        gitHub.runs.runner = (run, workflow) -> {};
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("looks for a runner"));
        clock.move(Duration.ofHours(7));
        StandInRun atGitHub = gitHub.runs.all().get(0);
        gitHub.runs.step(atGitHub, "first", true);
        await().atMost(SOON).until(() -> run.events.contains(new RunnerEvent.Started()));
        await().during(Duration.ofMillis(500)).atMost(SOON).until(() -> !atGitHub.cancelled);
        clock.move(Duration.ofHours(7));
        assertEquals(How.TIMED_OUT, run.end().how());
    }

    @Test
    void theJobsOfALongRunAreLookedAtSeldom() {
        Followed run = started();
        clock.move(Duration.ofHours(2));
        long before = jobsAsked();
        await().during(Duration.ofSeconds(1)).atMost(SOON).until(() -> jobsAsked() <= before + 1);
        gitHub.runs.end(gitHub.runs.all().get(0), "success");
        assertEquals(How.EXITED, run.end().how());
    }

    @Test
    void whatPeopleCancelAfterALongWaitIsCancelled() {
        gitHub.runs.runner = (run, workflow) -> {};
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("looks for a runner"));
        clock.move(Duration.ofHours(7));
        gitHub.runs.end(gitHub.runs.all().get(0), "cancelled");
        assertEquals(How.CANCELLED, run.end().how());
    }

    @Test
    void aCancellationThatGitHubRefusesForNowIsRepeated() {
        Followed run = started();
        gitHub.runs.cancelsRefused.set(2);
        runner.cancel(run.run).await().atMost(SOON);
        assertEquals(How.CANCELLED, run.end().how());
        assertEquals(0, gitHub.runs.cancelsRefused.get());
    }

    @Test
    void whatGitHubStartedIsCancelledAgainToo() {
        Followed first = started();
        Followed run = new Followed(
                testRuns.running(),
                0,
                "github:https://github.com/acme/chaos/actions/runs/"
                        + gitHub.runs.all().get(0).id);
        first.crash();
        gitHub.runs.cancelsRefused.set(2);
        runner.cancel(run.run).await().atMost(SOON);
        runner.cancel(run.run).await().atMost(SOON);
        assertEquals(How.CANCELLED, run.end().how());
        runner.cleanUp(run.run).await().atMost(SOON);
    }

    @Test
    void anOverdueRunIsCancelledAgainAndAtLastByForce() {
        Followed run = started();
        StandInRun atGitHub = gitHub.runs.all().get(0);
        gitHub.runs.ignoresCancel = true;
        gitHub.runs.cancelsRefused.set(1);
        clock.move(Duration.ofHours(7));
        await().atMost(SOON).until(() -> atGitHub.cancelled);
        await().during(Duration.ofMillis(400)).atMost(SOON).until(() -> run.ended() == null);
        clock.move(Duration.ofMinutes(3));
        assertEquals(How.TIMED_OUT, run.end().how());
    }

    @Test
    void thatItMayNotBeCancelledDoesNotHideHowItEnds() {
        Followed run = started();
        gitHub.trouble = request -> request.path().endsWith("cancel") ? Trouble.REFUSED_BEFORE : Trouble.NONE;
        runner.cancel(run.run).await().atMost(SOON);
        gitHub.runs.end(gitHub.runs.all().get(0), "success");
        assertEquals(How.EXITED, run.end().how());
    }

    @Test
    void aRunThatIsRunAgainBeforeItsEndIsSeenEndsAsItDid() {
        Followed run = started();
        run.crash();
        StandInRun atGitHub = gitHub.runs.all().get(0);
        atGitHub.log.append("said by the first attempt\n");
        gitHub.runs.step(atGitHub, "second", false);
        gitHub.runs.end(atGitHub, "failure");
        run.events.clear();
        gitHub.runs.runner = (again, workflow) -> gitHub.runs.step(again, "first of the second attempt", true);
        StandInRun again = gitHub.runs.rerun(atGitHub);
        await().atMost(SOON).until(() -> !again.steps.isEmpty());
        run.follow(newServer());
        assertEquals(How.EXITED, run.end().how());
        assertEquals(1, run.end().exitCode());
        assertTrue(run.end().error().contains("its step 'second'"), run.end().error());
        assertTrue(run.text().contains("said by the first attempt"), run.text());
        assertFalse(run.text().contains("of the second attempt"), run.text());
        assertTrue(
                run.text()
                        .endsWith(
                                "GitHub has run it again since, up to attempt 2, see https://github.com/acme/chaos/actions/runs/"
                                        + atGitHub.id + "]\n"),
                run.text());
        assertFalse(again.cancelled);
    }

    @Test
    void whatWasToldBeforeARunIsRunAgainIsToldTheSameAfterwards() {
        jobsEnd("success");
        Followed run = launch();
        run.end();
        StandInRun first = gitHub.runs.all().get(0);
        gitHub.runs.runner = (again, workflow) -> {};
        gitHub.runs.rerun(gitHub.runs.rerun(first));
        Followed again = new Followed(run.run.runId(), 1, run.run.reference());
        assertEquals(run.end(), again.end());
        assertEquals(run.output(), again.output().subList(0, run.output().size()));
        assertEquals(run.output().size() + 1, again.output().size());
    }

    @Test
    void aRunThatPeopleCancelledAndRanAgainMuchLaterWasCancelled() {
        Followed run = started();
        run.crash();
        gitHub.runs.end(gitHub.runs.all().get(0), "cancelled");
        clock.move(Duration.ofHours(30));
        gitHub.runs.runner = (again, workflow) -> {};
        gitHub.runs.rerun(gitHub.runs.all().get(0));
        run.follow(newServer());
        assertEquals(How.CANCELLED, run.end().how());
    }

    @Test
    void anotherAttemptOfARunIsFollowedAsTheRunThatItIs() {
        Followed first = started();
        StandInRun atGitHub = gitHub.runs.all().get(0);
        gitHub.runs.end(atGitHub, "failure");
        first.end();
        StandInRun again = gitHub.runs.rerun(atGitHub);
        String reference = "github:https://github.com/acme/chaos/actions/runs/" + again.id + "/attempts/";
        Followed second = new Followed(testRuns.running(), 0, reference + 2);
        await().atMost(SOON).until(() -> second.events.contains(new RunnerEvent.Started()));
        again.log.append("said by the second attempt\n");
        gitHub.runs.end(again, "success");
        assertEquals(0, second.end().exitCode());
        assertTrue(second.text().contains("said by the second attempt"), second.text());
        // The end of an attempt is not that of the next, which a list may not have yet.
        gitHub.runs.runner = (run, workflow) -> {};
        Followed third = new Followed(testRuns.running(), 0, reference + 3);
        StandInRun last = gitHub.runs.rerun(again);
        await().atMost(SOON).until(() -> third.waits("looks for a runner"));
        runner.cancel(third.run).await().atMost(SOON);
        assertEquals(How.CANCELLED, third.end().how());
        assertTrue(last.cancelled);
        runner.cleanUp(third.run).await().atMost(SOON);
    }

    @Test
    void aRunThatWasDeletedAtGitHubIsGone() {
        Followed run = started();
        gitHub.runs.delete(gitHub.runs.all().get(0));
        assertEquals(How.VANISHED, run.end().how());
        assertTrue(run.end().error().contains("deleted"), run.end().error());
    }

    @Test
    void aRunIsNotGoneWhereItsRepositoryIsNotReached() {
        Followed run = started();
        gitHub.access.hidden = true;
        await().atMost(SOON).until(() -> run.waits("do not reach"));
        await().during(SETTLES.multipliedBy(2)).atMost(SOON).until(() -> run.ended() == null);
        gitHub.access.hidden = false;
        gitHub.runs.end(gitHub.runs.all().get(0), "success");
        assertEquals(How.EXITED, run.end().how());
        assertFalse(gitHub.runs.all().get(0).cancelled);
    }

    @Test
    void piecesOfALogHaveNoPartsOfCharacters() {
        String log = "a" + "\u20ac\ud83d\ude00".repeat(30_000);
        StringBuilder whole = new StringBuilder();
        new LogPieces(log.getBytes(java.nio.charset.StandardCharsets.UTF_8)).forEachRemaining(whole::append);
        assertEquals(log, whole.toString());
        StringBuilder broken = new StringBuilder();
        byte[] noCharacters = new byte[200_000];
        java.util.Arrays.fill(noCharacters, (byte) 0x80);
        new LogPieces(noCharacters).forEachRemaining(broken::append);
        assertEquals(200_000, broken.length());
    }
}
