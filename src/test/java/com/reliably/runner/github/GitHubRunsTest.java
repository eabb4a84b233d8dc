package com.reliably.runner.github;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.CheckResult;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.ScheduleEvent;
import com.reliably.runner.github.repository.RepositoryParts;
import com.reliably.runner.github.standin.GitHubStandIn;
import com.reliably.runner.github.standin.GitHubStandIn.Trouble;
import com.reliably.runner.github.standin.StandInRun;
import com.reliably.runner.github.workflow.WorkflowFile;
import com.reliably.runner.github.workflow.WorkflowOrder;
import com.reliably.schedule.Overlap;
import com.reliably.testing.ApiTest;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs at GitHub, with the real database and a stand-in that is held to GitHub's description of itself. */
@ApiTest
class GitHubRunsTest extends GitHubRunsCase {

    private final Set<String> recorded = ConcurrentHashMap.newKeySet();
    private final List<Cancellable> watches = new CopyOnWriteArrayList<>();
    private final AtomicReference<Throwable> watchFailure = new AtomicReference<>();

    @AfterEach
    void nobodyWatches() {
        watches.forEach(Cancellable::cancel);
    }

    @Test
    void aRunIsDispatchedOnceAndFollowedToItsEnd() {
        jobsEnd("success");
        Followed run = launch();
        assertEquals(How.EXITED, run.end().how());
        assertEquals(0, run.end().exitCode());
        assertTrue(run.end().error().contains("RELIABLY_PUBLIC_URL"), "should nothing have been reported");
        StandInRun dispatched = gitHub.runs.all().get(0);
        assertEquals(1, gitHub.runs.all().size());
        assertTrue(run.events.contains(new RunnerEvent.Located(
                "github:https://github.com/acme/chaos/actions/runs/" + dispatched.id,
                "https://github.com/acme/chaos/actions/runs/" + dispatched.id)));
        assertTrue(run.events.contains(new RunnerEvent.Started()));
        assertTrue(run.events.toString().contains("said by the job"), run.events.toString());
        assertTrue(run.events.toString().contains("Run reliablyhq/actions/plan@main: success"));
        assertEquals(1, gitHub.git.commits().size());
        // The second run of the plan finds the file as it should be.
        launch().end();
        assertEquals(1, gitHub.git.commits().size());
        assertEquals(2, gitHub.runs.all().size());
    }

    @Test
    void anEnterpriseServerThatSaysNothingOfItsRunIsSearched() {
        gitHub.close();
        gitHub = GitHubStandIn.enterpriseServer(clock);
        definition = definition("https://ghe.example.com/acme/chaos", "main", GitHubDefinition.Delivery.COMMIT);
        runner = newServer();
        gitHub.runs.listedAfter = Duration.ofMillis(300);
        gitHub.workflows.knownAfter = Duration.ofMillis(300);
        jobsEnd("failure");
        Followed run = launch();
        assertEquals(1, run.end().exitCode());
        assertEquals(1, gitHub.runs.all().size());
        assertTrue(gitHub.runs.all().get(0).title.contains(run.run.runId().toString()));
    }

    @Test
    void whereverAServerCrashesTheRunIsDispatchedExactlyOnce() {
        Random random = new Random(Long.getLong("github.crash.seed", 7));
        for (int round = 0; round < 20; round++) {
            gitHub.runs.listedAfter = Duration.ofMillis(random.nextInt(300));
            gitHub.workflows.knownAfter = Duration.ofMillis(random.nextInt(200));
            int before = gitHub.runs.all().size();
            int asked = gitHub.asked().size();
            int crashAt = 1 + random.nextInt(10);
            Trouble how = List.of(Trouble.NONE, Trouble.LOST_AFTER, Trouble.SILENT_AFTER, Trouble.REFUSED_BEFORE)
                    .get(random.nextInt(4));
            // Every third of them right at the dispatch, which is what matters.
            boolean atDispatch = round % 3 == 0;
            AtomicInteger crashed = new AtomicInteger();
            AtomicReference<Followed> run = new AtomicReference<>();
            gitHub.trouble = request -> {
                boolean now = atDispatch ? request.path().endsWith("/dispatches") : request.number() == asked + crashAt;
                if (now && crashed.getAndIncrement() == 0) {
                    await().atMost(SOON).until(() -> run.get() != null);
                    run.get().crash();
                    return how;
                }
                return Trouble.NONE;
            };
            if (round % 2 == 0) {
                gitHub.git.files("main").clear();
            }
            jobsEnd("success");
            run.set(launch());
            await().atMost(SOON).until(() -> crashed.get() > 0 || run.get().ended() != null);
            // Another server goes on with it.
            runner = newServer();
            run.get().follow(runner);
            String what = "round " + round + ", crash at " + (atDispatch ? "dispatch" : crashAt) + ", " + how;
            assertEquals(How.EXITED, run.get().end().how(), what);
            assertEquals(before + 1, gitHub.runs.all().size(), what);
        }
    }

    @Test
    void aStopOfSixHoursByTheRateLimitIsSurvived() {
        gitHub.access.limitedUntil = clock.instant().plus(Duration.ofHours(6));
        jobsEnd("success");
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("rate limit"));
        int asked = gitHub.asked().size();
        clock.move(Duration.ofHours(5));
        await().during(Duration.ofMillis(500))
                .atMost(SOON)
                .until(() -> gitHub.asked().size() == asked);
        clock.move(Duration.ofHours(2));
        run.follow(newServer());
        assertEquals(How.EXITED, run.end().how());
        assertEquals(1, gitHub.runs.all().size());
    }

    @Test
    void whatOthersHaveChangedIsNotOverwritten() {
        jobsEnd("success");
        launch().end();
        String path = ".github/workflows/" + WorkflowOrder.fileNameOf(testRuns.planId());
        gitHub.git.put(path, gitHub.git.files("main").get(path).replace("ubuntu-latest", "mine"));
        Followed run = launch();
        assertEquals(How.UNPREPARED, run.end().how());
        assertTrue(run.end().error().contains("changed by others"), run.end().error());
        assertTrue(gitHub.git.files("main").get(path).contains("mine"));
        assertEquals(1, gitHub.runs.all().size());
    }

    @Test
    void aProtectedBranchIsOfferedAPullRequestWhereTheDeploymentSaysSo() {
        gitHub.git.protectedBranch = true;
        jobsEnd("success");
        Followed refused = launch();
        assertEquals(How.UNPREPARED, refused.end().how());
        assertTrue(refused.end().error().contains("pull_request"), refused.end().error());
        definition = definition("https://github.com/acme/chaos", "main", GitHubDefinition.Delivery.PULL_REQUEST);
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("pull request"));
        assertEquals(0, gitHub.runs.all().size());
        gitHub.git.merge();
        assertEquals(How.EXITED, run.end().how());
        assertEquals(1, gitHub.runs.all().size());
    }

    @Test
    void aRunThatIsCancelledIsCancelledAtGitHub() {
        gitHub.runs.runner = (run, workflow) -> gitHub.runs.step(run, "first", true);
        Followed run = launch();
        await().atMost(SOON).until(() -> run.events.contains(new RunnerEvent.Started()));
        runner.cancel(run.run).await().atMost(SOON);
        assertEquals(How.CANCELLED, run.end().how());
        assertTrue(gitHub.runs.all().get(0).cancelled);
    }

    @Test
    void aRunThatTakesTooLongIsCancelled() {
        gitHub.runs.runner = (run, workflow) -> gitHub.runs.step(run, "first", true);
        Followed run = launch();
        await().atMost(SOON).until(() -> run.events.contains(new RunnerEvent.Started()));
        clock.move(Duration.ofHours(7));
        assertEquals(How.TIMED_OUT, run.end().how());
    }

    @ParameterizedTest
    @ValueSource(strings = {"PRIVATE KEY", "RSA PRIVATE KEY"})
    void anAppsTokensAreMadeAndRenewed(String kind) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        gitHub.access.appKey = pair.getPublic();
        byte[] der = pair.getPrivate().getEncoded();
        // What is inside PKCS#8 for RSA is PKCS#1, behind 26 bytes.
        byte[] encoded = kind.startsWith("RSA") ? Arrays.copyOfRange(der, 26, der.length) : der;
        String pem = "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(encoded) + "\n-----END "
                + kind + "-----\n";
        definition = new GitHubDefinition(
                "https://github.com/acme/chaos",
                null,
                null,
                "main",
                "plans",
                "production",
                null,
                "Iv1.app",
                pem,
                false,
                null);
        jobsEnd("success");
        assertEquals(How.EXITED, launch().end().how());
        String first = gitHub.access.token;
        clock.move(Duration.ofMinutes(58));
        assertEquals(How.EXITED, launch().end().how());
        assertNotEquals(first, gitHub.access.token);
        assertEquals(CheckResult.Outcome.PASSED, checks().get("right to write").outcome());
        gitHub.access.appPermissions.remove("workflows");
        clock.move(Duration.ofMinutes(58));
        CheckResult lacking = checks().get("right to write");
        assertEquals(CheckResult.Outcome.FAILED, lacking.outcome());
        assertTrue(lacking.message().contains("Workflows"), lacking.message());
    }

    @Test
    void eachRunFindsATokenOfItsPlanInTheEnvironment() {
        definition = withManagedToken("production");
        String secret = RepositoryParts.secretOf(testRuns.planId());
        List<String> atDispatch = new CopyOnWriteArrayList<>();
        gitHub.trouble = request -> {
            if (request.path().endsWith("/dispatches")) {
                atDispatch.add(String.valueOf(gitHub.environment.secrets.get(secret)));
            }
            return Trouble.NONE;
        };
        jobsEnd("success");
        launch().end();
        launch().end();
        assertEquals(2, atDispatch.size());
        assertNotEquals(atDispatch.get(0), atDispatch.get(1));
        // What is sealed has 48 bytes more than the token.
        assertEquals("token-1".length() + 48, Base64.getDecoder().decode(atDispatch.get(0)).length);
        String workflow =
                gitHub.git.files("main").get(".github/workflows/" + WorkflowOrder.fileNameOf(testRuns.planId()));
        assertTrue(workflow.contains("reliably-service-token: '${{ secrets." + secret + " }}'"), workflow);
    }

    @Test
    void aTokenThatCannotBePutIsToldWithWhatToDo() {
        definition = withManagedToken("staging");
        Followed unknown = launch();
        assertEquals(How.UNPREPARED, unknown.end().how());
        assertTrue(unknown.end().error().contains("'staging'"), unknown.end().error());
        definition = withManagedToken(null);
        Followed unnamed = launch();
        assertEquals(How.UNPREPARED, unnamed.end().how());
        assertTrue(
                unnamed.end().error().contains("manage_service_token"),
                unnamed.end().error());
        assertEquals(0, gitHub.runs.all().size());
    }

    @Test
    void aScheduleHasATokenWhichGoesWithIt() {
        definition = withManagedToken("production");
        runner.install(schedule(false)).await().atMost(SOON);
        assertEquals(Set.of(RepositoryParts.secretOf(testRuns.planId())), gitHub.environment.secrets.keySet());
        runner.remove(schedule(false)).await().atMost(SOON);
        assertEquals(Map.of(), gitHub.environment.secrets);
        runner.remove(schedule(false)).await().atMost(SOON);
    }

    @Test
    void theActionIsPinnedToTheCommitThatItHasFirst() {
        jobsEnd("success");
        launch().end();
        String path = ".github/workflows/" + WorkflowOrder.fileNameOf(testRuns.planId());
        String pinned = "uses: reliablyhq/actions/plan@" + gitHub.actionCommit + " # main\n";
        assertTrue(
                gitHub.git.files("main").get(path).contains(pinned),
                gitHub.git.files("main").get(path));
        gitHub.actionCommit = "fedcba9876543210fedcba9876543210fedcba98";
        launch().end();
        assertTrue(
                gitHub.git.files("main").get(path).contains(pinned),
                gitHub.git.files("main").get(path));
        assertEquals(1, gitHub.git.commits().size());
    }

    @Test
    void aSecondaryLimitIsWaitedForAsLongAsGitHubSays() {
        gitHub.access.secondaryLimit = "600";
        jobsEnd("success");
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("rate limit"));
        int asked = gitHub.asked().size();
        clock.move(Duration.ofMinutes(9));
        await().during(Duration.ofMillis(300))
                .atMost(SOON)
                .until(() -> gitHub.asked().size() == asked);
        clock.move(Duration.ofMinutes(2));
        run.follow(newServer());
        assertEquals(How.EXITED, run.end().how());
    }

    @Test
    void whatPeopleDeclineIsNotOfferedAgain() {
        definition = definition("https://github.com/acme/chaos", "main", GitHubDefinition.Delivery.PULL_REQUEST);
        gitHub.git.protectedBranch = true;
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("pull request"));
        String branch = "reliably/plan-" + testRuns.planId();
        gitHub.git.closePull(branch);
        assertEquals(How.UNPREPARED, run.end().how());
        assertTrue(run.end().error().contains("delete its branch"), run.end().error());
        assertEquals(List.of(), gitHub.git.pulls());
        gitHub.git.deleteBranch(branch);
        Followed again = launch();
        await().atMost(SOON).until(() -> again.waits("pull request"));
        assertEquals(1, gitHub.git.pulls().size());
    }

    @Test
    void whoeverCommitsAtTheSameMomentDoesNotStopARun() {
        gitHub.git.conflicts = 3;
        jobsEnd("success");
        assertEquals(How.EXITED, launch().end().how());
        assertEquals(1, gitHub.git.commits().size());
    }

    @Test
    void anAppThatWasGivenARightLaterNeedsNoNewToken() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        gitHub.access.appKey = pair.getPublic();
        definition = new GitHubDefinition(
                "https://github.com/acme/chaos",
                null,
                null,
                "main",
                "plans",
                "production",
                null,
                "Iv1.app",
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(pair.getPrivate().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n",
                false,
                null);
        jobsEnd("success");
        assertEquals(How.EXITED, launch().end().how());
        // As when the App is installed anew.
        gitHub.access.token = "another";
        clock.move(Duration.ofMinutes(2));
        assertEquals(How.EXITED, launch().end().how());
    }

    @Test
    void aTokenThatNoHeaderCanCarryIsNotQuoted() {
        definition = new GitHubDefinition(
                "https://github.com/acme/chaos",
                "ghp_planted\u200bsecret",
                null,
                "main",
                "plans",
                "production",
                null,
                null,
                null,
                false,
                null);
        Followed run = launch();
        assertEquals(How.UNPREPARED, run.end().how());
        assertTrue(run.end().error().contains("anew"), run.end().error());
        assertTrue(!run.events.toString().contains("planted"), run.events.toString());
    }

    @Test
    void whatIsOfferedForADeletedPlanIsTakenBack() {
        definition = definition("https://github.com/acme/chaos", "main", GitHubDefinition.Delivery.PULL_REQUEST);
        gitHub.git.protectedBranch = true;
        Followed run = launch();
        await().atMost(SOON).until(() -> run.waits("pull request"));
        run.crash();
        runner.remove(schedule(false)).await().atMost(SOON);
        assertEquals(List.of(), gitHub.git.pulls());
        runner.remove(schedule(false)).await().atMost(SOON);
    }

    @Test
    void aRepositoryIsTheSamePlaceHoweverItIsWritten() {
        assertEquals(
                runner.place(definition("github.com/Acme/chaos.git", "main", null)),
                runner.place(definition("https://github.com/acme/chaos", "main", null)));
        assertNotEquals(
                runner.place(definition("github.com/acme/chaos", "other", null)),
                runner.place(definition("github.com/acme/chaos", "main", null)));
        assertNotEquals(
                runner.place(definition("github.com/acme/other", "main", null)),
                runner.place(definition("github.com/acme/chaos", "main", null)));
    }

    @Test
    void badCredentialsAreToldWithWhatToDo() {
        gitHub.access.token = "another";
        Followed run = launch();
        assertEquals(How.UNPREPARED, run.end().how());
        assertTrue(run.end().error().contains("replace them"), run.end().error());
    }

    @Test
    void aScheduleIsInstalledSuspendedResumedAndRemoved() {
        String file = WorkflowOrder.fileNameOf(testRuns.planId());
        runner.install(schedule(false)).await().atMost(SOON);
        assertTrue(gitHub.git.files("main").get(".github/workflows/" + file).contains("timezone: 'Europe/Paris'"));
        runner.install(schedule(false)).await().atMost(SOON);
        assertEquals(1, gitHub.git.commits().size());
        runner.install(schedule(true)).await().atMost(SOON);
        assertEquals("disabled_manually", gitHub.workflows.state(file));
        runner.install(schedule(false)).await().atMost(SOON);
        assertEquals("active", gitHub.workflows.state(file));
        runner.remove(schedule(false)).await().atMost(SOON);
        runner.remove(schedule(false)).await().atMost(SOON);
        assertTrue(gitHub.git.files("main").isEmpty());
    }

    @Test
    void whatGitHubStartsBySchedulesIsToldAndFollowed() {
        runner.install(schedule(false)).await().atMost(SOON);
        List<ScheduleEvent> events = new CopyOnWriteArrayList<>();
        Cancellable watch = runner.watch(schedule(false)).subscribe().with(events::add);
        jobsEnd("success");
        StandInRun fired = gitHub.runs.fire(WorkflowOrder.fileNameOf(testRuns.planId()));
        await().atMost(SOON).until(() -> events.stream().anyMatch(ScheduleEvent.Started.class::isInstance));
        ScheduleEvent.Started started = events.stream()
                .filter(ScheduleEvent.Started.class::isInstance)
                .map(ScheduleEvent.Started.class::cast)
                .findFirst()
                .orElseThrow();
        assertTrue(started.reference().endsWith("/actions/runs/" + fired.id));
        assertTrue(!started.nominalTime().isAfter(fired.createdAt));
        gitHub.git.put(".github/workflows/" + WorkflowOrder.fileNameOf(testRuns.planId()), "on: push\n");
        await().atMost(SOON).until(() -> events.stream().anyMatch(ScheduleEvent.Trouble.class::isInstance));
        watch.cancel();
        List<RunnerEvent> told = new CopyOnWriteArrayList<>();
        RunAtEngine run = new RunAtEngine(
                UUID.fromString(tenant.id()),
                testRuns.planId(),
                testRuns.running(),
                0,
                0,
                started.reference(),
                () -> Uni.createFrom().item(definition));
        runner.observe(run, 0).subscribe().with(told::add);
        await().atMost(SOON).until(() -> told.stream()
                .anyMatch(event -> event instanceof RunnerEvent.Ended ended
                        && ended.how() == How.EXITED
                        && ended.exitCode() == 0));
    }

    private EngineSchedule schedule(boolean suspended) {
        return new EngineSchedule(
                UUID.fromString(tenant.id()),
                testRuns.planId(),
                null,
                "*/15 * * * *",
                "Europe/Paris",
                suspended,
                Overlap.FORBID,
                Duration.ZERO,
                null,
                definition,
                null,
                () -> Uni.createFrom().item(List.of()),
                lifetime -> Uni.createFrom().item("token"),
                reference -> Uni.createFrom().item(recorded.contains(reference)));
    }

    private String file() {
        return WorkflowOrder.fileNameOf(testRuns.planId());
    }

    private String path() {
        return WorkflowOrder.pathOf(testRuns.planId());
    }

    private List<ScheduleEvent> watch(boolean suspended) {
        List<ScheduleEvent> events = new CopyOnWriteArrayList<>();
        watches.add(runner.watch(schedule(suspended)).subscribe().with(events::add, watchFailure::set));
        return events;
    }

    private long started(List<ScheduleEvent> events) {
        if (watchFailure.get() != null) {
            throw new AssertionError(watchFailure.get());
        }
        return events.stream().filter(ScheduleEvent.Started.class::isInstance).count();
    }

    private static boolean troubled(List<ScheduleEvent> events, String words) {
        return events.stream()
                .anyMatch(e -> e instanceof ScheduleEvent.Trouble t && t.what().contains(words));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a: [", "on: push\njobs: {a: {steps: [{run: x}]}}\n", "on: &o push\nname: *o\n"})
    void runsOfAScheduleAreToldWhateverIsWrongWithTheTemplate(String template) {
        runner.install(schedule(false)).await().atMost(SOON);
        gitHub.git.put(WorkflowFile.TEMPLATE_PATH, template);
        gitHub.runs.fire(file());
        List<ScheduleEvent> events = watch(false);
        await().atMost(SOON).until(() -> started(events) == 1 && troubled(events, WorkflowFile.TEMPLATE_PATH));
        gitHub.runs.fire(file());
        await().atMost(SOON).until(() -> started(events) == 2);
        assertEquals(null, watchFailure.get());
    }

    @Test
    void aScheduleGoesByTheTemplateOfNow() {
        runner.install(schedule(false)).await().atMost(SOON);
        List<ScheduleEvent> events = watch(false);
        await().atMost(SOON).until(() -> events.contains(new ScheduleEvent.Sound()));
        gitHub.git.put(
                WorkflowFile.TEMPLATE_PATH,
                "on: push\njobs: {a: {runs-on: mine, steps: [{uses: reliablyhq/actions/plan@main}]}}\n");
        await().atMost(SOON).until(() -> gitHub.git.files("main").get(path()).contains("runs-on: mine"));
        int commits = gitHub.git.commits().size();
        int looks = looksAtFile();
        await().atMost(SOON).until(() -> looksAtFile() > looks + 1);
        assertEquals(commits, gitHub.git.commits().size());
        assertEquals(null, watchFailure.get());
    }

    private int looksAtFile() {
        return (int) gitHub.asked().stream()
                .filter(request -> request.path().endsWith("/contents/" + path()))
                .count();
    }

    @Test
    void runsOfAScheduleAreToldWhereItsFileCannotBeRead() {
        runner.install(schedule(false)).await().atMost(SOON);
        gitHub.runs.fire(file());
        gitHub.trouble = request -> request.path().contains("/contents/") ? Trouble.FORBIDDEN : Trouble.NONE;
        List<ScheduleEvent> events = watch(false);
        await().atMost(SOON).until(() -> started(events) == 1 && troubled(events, "right to read"));
        gitHub.trouble = request -> request.path().contains("/contents/") ? Trouble.REFUSED_BEFORE : Trouble.NONE;
        List<ScheduleEvent> unheard = watch(false);
        await().atMost(SOON).until(() -> started(unheard) == 1);
        gitHub.trouble = request -> Trouble.NONE;
        await().atMost(SOON).until(() -> unheard.contains(new ScheduleEvent.Sound()));
    }

    @Test
    void whatGitHubStartedWhileNobodyLookedIsToldHoweverMuchItIs() {
        runner.install(schedule(false)).await().atMost(SOON);
        for (int i = 0; i < 230; i++) {
            gitHub.runs.fire(file());
        }
        List<ScheduleEvent> all = watch(false);
        await().atMost(SOON).until(() -> started(all) == 230);
        List<String> order = all.stream()
                .filter(ScheduleEvent.Started.class::isInstance)
                .map(event -> ((ScheduleEvent.Started) event).reference())
                .toList();
        assertEquals(order.stream().sorted().toList(), order);
        // What is recorded is not gone through again.
        recorded.addAll(order);
        gitHub.asked().clear();
        watch(false);
        await().atMost(SOON).until(() -> asked(file() + "/runs") > 0);
        await().during(Duration.ofMillis(300)).atMost(SOON).until(() -> asked(file() + "/runs") <= 2);
    }

    @Test
    void whatPeopleHadRunAgainIsARunOfItsOwn() {
        runner.install(schedule(false)).await().atMost(SOON);
        List<ScheduleEvent> events = watch(false);
        StandInRun fired = gitHub.runs.fire(file());
        await().atMost(SOON).until(() -> started(events) == 1);
        gitHub.runs.end(fired, "failure");
        clock.move(Duration.ofHours(1));
        StandInRun again = gitHub.runs.rerun(fired);
        await().atMost(SOON).until(() -> started(events) == 2);
        ScheduleEvent.Started second = events.stream()
                .filter(ScheduleEvent.Started.class::isInstance)
                .map(ScheduleEvent.Started.class::cast)
                .reduce((one, other) -> other)
                .orElseThrow();
        assertTrue(second.reference().endsWith("/actions/runs/" + fired.id + "/attempts/2"), second.reference());
        assertTrue(second.nominalTime().isAfter(fired.createdAt.plus(Duration.ofMinutes(59))));
        // What was recorded before is told again, and recorded once: by the same references.
        gitHub.runs.end(again, "success");
        gitHub.runs.rerun(again);
        await().atMost(SOON).until(() -> started(events) == 3);
        List<ScheduleEvent> anew = watch(false);
        await().atMost(SOON).until(() -> started(anew) == 3);
        assertEquals(references(events), references(anew));
    }

    private static List<String> references(List<ScheduleEvent> events) {
        return events.stream()
                .filter(ScheduleEvent.Started.class::isInstance)
                .map(event -> ((ScheduleEvent.Started) event).reference())
                .toList();
    }

    @Test
    void noRunIsMissedInARepositoryWhereMuchElseRuns() {
        runner.install(schedule(false)).await().atMost(SOON);
        List<ScheduleEvent> events = watch(false);
        await().atMost(SOON).until(() -> asked("/actions/runs") > 1);
        AtomicInteger blocked = new AtomicInteger();
        // Between two looks.
        gitHub.trouble = request -> {
            if (request.path().endsWith("/actions/runs") && blocked.getAndIncrement() == 0) {
                gitHub.runs.fire(file());
                for (int i = 0; i < 120; i++) {
                    gitHub.runs.push();
                }
            }
            return Trouble.NONE;
        };
        await().atMost(SOON).until(() -> started(events) == 1);
        int own = asked(file() + "/runs");
        int looks = asked("/actions/runs");
        await().atMost(SOON).until(() -> asked("/actions/runs") > looks + 2);
        assertEquals(own, asked(file() + "/runs"));
    }

    private int asked(String end) {
        return (int) gitHub.asked().stream()
                .filter(request -> request.path().endsWith(end))
                .count();
    }

    @Test
    void suspendingDisablesAlsoWhatOthersHaveChanged() {
        runner.install(schedule(false)).await().atMost(SOON);
        gitHub.git.put(path(), gitHub.git.files("main").get(path()).replace("ubuntu-latest", "mine"));
        runner.install(schedule(true)).await().atMost(SOON);
        assertEquals("disabled_manually", gitHub.workflows.state(file()));
        assertTrue(gitHub.git.files("main").get(path()).contains("mine"));
        List<ScheduleEvent> events = watch(true);
        await().atMost(SOON).until(() -> troubled(events, "changed at GitHub by others"));
    }

    @Test
    void suspendingDisablesWhereTheFileCannotBeWritten() {
        runner.install(schedule(false)).await().atMost(SOON);
        gitHub.git.put(WorkflowFile.TEMPLATE_PATH, "a: [");
        runner.install(schedule(true)).await().atMost(SOON);
        assertEquals("disabled_manually", gitHub.workflows.state(file()));
        gitHub.workflows.disable(file(), "active");
        gitHub.git.put(
                WorkflowFile.TEMPLATE_PATH,
                "on: push\njobs: {a: {runs-on: x, steps: [{uses: reliablyhq/actions/plan@main}]}}\n");
        gitHub.git.protectedBranch = true;
        runner.install(schedule(true)).await().atMost(SOON);
        assertEquals("disabled_manually", gitHub.workflows.state(file()));
        List<ScheduleEvent> events = watch(true);
        await().atMost(SOON).until(() -> troubled(events, "resume the plan"));
    }

    @Test
    void suspendingWaitsUntilGitHubKnowsTheWorkflow() {
        gitHub.git.put(path(), "on: push\n");
        gitHub.workflows.forget(file());
        assertThrows(
                Exception.class, () -> runner.install(schedule(true)).await().atMost(SOON));
        gitHub.git.put(path(), "on: push\n");
        runner.install(schedule(true)).await().atMost(SOON);
        assertEquals("disabled_manually", gitHub.workflows.state(file()));
    }

    @Test
    void whatIsOfferedIsTakenBackWhenThePlanIsSuspended() {
        definition = definition("https://github.com/acme/chaos", "main", GitHubDefinition.Delivery.PULL_REQUEST);
        gitHub.git.protectedBranch = true;
        assertThrows(
                Exception.class, () -> runner.install(schedule(false)).await().atMost(SOON));
        assertEquals(1, gitHub.git.pulls().size());
        runner.install(schedule(true)).await().atMost(SOON);
        assertEquals(List.of(), gitHub.git.pulls());
        List<ScheduleEvent> events = watch(true);
        await().atMost(SOON).until(() -> events.contains(new ScheduleEvent.Sound()));
    }

    @Test
    void aWorkflowThatItsScheduleLeftDisabledIsEnabledForTheFirstDispatch() {
        runner.install(schedule(false)).await().atMost(SOON);
        gitHub.runs.end(gitHub.runs.fire(file()), "success");
        gitHub.git.protectedBranch = true;
        runner.remove(schedule(false)).await().atMost(SOON);
        assertEquals("disabled_manually", gitHub.workflows.state(file()));
        gitHub.git.protectedBranch = false;
        jobsEnd("success");
        assertEquals(How.EXITED, launch().end().how());
        assertEquals("active", gitHub.workflows.state(file()));
        // From now on it is people who disable it.
        gitHub.workflows.disable(file(), "disabled_manually");
        RunnerEvent.Ended refused = launch().end();
        assertEquals(How.UNPREPARED, refused.how());
        assertTrue(refused.error().contains("enable it at GitHub"), refused.error());
        assertEquals("disabled_manually", gitHub.workflows.state(file()));
    }

    @Test
    void theChecksSayWhatIsWrongAndWhatToDo() {
        Map<String, CheckResult> good = checks();
        assertEquals(CheckResult.Outcome.PASSED, good.get("credentials").outcome());
        assertTrue(good.get("credentials").message().contains("2027"));
        assertEquals(CheckResult.Outcome.PASSED, good.get("environment").outcome());
        assertEquals(CheckResult.Outcome.PASSED, good.get("action reachable").outcome());
        // The server under test is on the loopback address.
        assertEquals(CheckResult.Outcome.FAILED, good.get("server reachable").outcome());
        gitHub.environment.name = "elsewhere";
        gitHub.workflows.enabled = false;
        gitHub.git.put(WorkflowFile.TEMPLATE_PATH, "a: [");
        definition = definition("https://github.com/acme/chaos", "other", GitHubDefinition.Delivery.COMMIT);
        Map<String, CheckResult> bad = checks();
        for (String name : List.of("branch", "Actions enabled", "environment")) {
            assertEquals(CheckResult.Outcome.FAILED, bad.get(name).outcome(), name);
            assertTrue(bad.get(name).remedy() != null, name);
        }
        assertTrue(good.get("right to write").message().contains("fine-grained"));
        assertEquals(CheckResult.Outcome.WARNING, good.get("service token").outcome());
        gitHub.environment.name = "production";
        gitHub.environment.secrets.put("RELIABLY_SERVICE_TOKEN", "sealed");
        assertEquals(CheckResult.Outcome.PASSED, checks().get("service token").outcome());
        gitHub.access.scopes = "repo, read:org";
        assertEquals(CheckResult.Outcome.FAILED, checks().get("right to write").outcome());
        assertTrue(checks().get("right to write").message().contains("workflow"));
        gitHub.access.scopes = "repo, workflow";
        assertEquals(CheckResult.Outcome.PASSED, checks().get("right to write").outcome());
        gitHub.access.token = "another";
        assertEquals(CheckResult.Outcome.FAILED, checks().get("credentials").outcome());
        assertEquals(CheckResult.Outcome.SKIPPED, checks().get("environment").outcome());
    }

    private Map<String, CheckResult> checks() {
        return runner.check(UUID.fromString(tenant.id()), definition).await().atMost(SOON).stream()
                .collect(java.util.stream.Collectors.toMap(CheckResult::name, result -> result));
    }
}
