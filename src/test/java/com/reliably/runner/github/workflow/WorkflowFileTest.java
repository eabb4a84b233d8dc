package com.reliably.runner.github.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.workflow.WorkflowOrder.CronLine;
import com.reliably.schedule.Overlap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What workflows are made of templates; what {@code src/test/resources/github/golden} shows of each. */
class WorkflowFileTest {

    private static final Path RESOURCES = Path.of("src/test/resources/github");
    /** Writes the golden files anew, to be looked at and committed. */
    private static final boolean RENEW = Boolean.getBoolean("github.golden.renew");

    static final UUID ORG = UUID.fromString("00000000-0000-4000-8000-000000000001");
    static final UUID PLAN = UUID.fromString("00000000-0000-4000-8000-000000000002");

    static Stream<Path> templates() throws IOException {
        return Files.list(RESOURCES.resolve("templates")).sorted();
    }

    @ParameterizedTest
    @MethodSource("templates")
    void aTemplateBecomesADispatchedWorkflow(Path template) throws IOException {
        assertGolden(
                template.getFileName().toString(), WorkflowFile.fromTemplate(Files.readString(template), dispatched()));
    }

    @Test
    void theDefaultBecomesADispatchedWorkflow() throws IOException {
        assertGolden("default.yaml", WorkflowFile.fromDefault(dispatched()));
    }

    @Test
    void theDefaultBecomesAScheduledWorkflow() throws IOException {
        assertGolden("default-cron.yaml", WorkflowFile.fromDefault(scheduled(Overlap.FORBID)));
    }

    @Test
    void aTemplateBecomesAScheduledWorkflow() throws IOException {
        String template = Files.readString(RESOURCES.resolve("templates/comments.yaml"));
        assertGolden("comments-cron.yaml", WorkflowFile.fromTemplate(template, scheduled(Overlap.ALLOW)));
    }

    @ParameterizedTest
    @MethodSource("templates")
    void everyCommentOfATemplateIsKept(Path template) throws IOException {
        String text = Files.readString(template);
        String made = WorkflowFile.fromTemplate(text, dispatched()).text();
        text.lines()
                .map(String::strip)
                .filter(line -> line.startsWith("#"))
                .forEach(comment -> assertTrue(made.contains(comment), comment));
    }

    @Test
    void whatIsMadeTwiceIsTheSame() {
        assertTrue(
                WorkflowFile.fromDefault(dispatched()).isSameAs(Optional.of(WorkflowFile.fromDefault(dispatched()))));
    }

    @Test
    void aFileThatOthersChangedIsTold() {
        WorkflowFile made = WorkflowFile.fromDefault(dispatched());
        assertTrue(made.isUntouched());
        assertFalse(new WorkflowFile(made.text().replace("ubuntu-latest", "self-hosted")).isUntouched());
        assertFalse(new WorkflowFile("name: mine\n").isUntouched());
    }

    @Test
    void thePlansTimeoutIsTheJobs() {
        WorkflowOrder order = order(List.of(), Overlap.FORBID, Duration.ofSeconds(3601), null);
        assertTrue(WorkflowFile.fromDefault(order).text().contains("timeout-minutes: 61"));
    }

    @Test
    void aTokenThatTheServerPutsThereReplacesTheTemplates() throws IOException {
        String template = Files.readString(RESOURCES.resolve("templates/own-values.yaml"));
        String made = WorkflowFile.fromTemplate(
                        template, order(List.of(), Overlap.FORBID, null, "${{ secrets.RELIABLY_PLAN }}"))
                .text();
        assertTrue(made.contains("reliably-service-token: '${{ secrets.RELIABLY_PLAN }}'"), made);
        assertFalse(made.contains("CHAOS_TOKEN"), made);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'a: ['|line 1",
                "''|empty",
                "'- a'|no mapping",
                "'on: push'|no jobs",
                "'on: push\njobs: {a: {runs-on: x, steps: [{run: y}]}}'|no step that uses",
                "'on: {workflow_dispatch: {inputs: {x: {required: true}}}}\njobs: {a: {runs-on: x, steps: [{uses: reliablyhq/actions/plan@main}]}}'|'x'"
            })
    void aTemplateThatCannotBeUsedSaysWhy(String template, String words) {
        LaunchFailure failure =
                assertThrows(LaunchFailure.class, () -> WorkflowFile.fromTemplate(template, dispatched()));
        assertTrue(failure.getMessage().contains(words), failure.getMessage());
    }

    @Test
    void anExpressionInANameIsRefused() {
        WorkflowOrder order = new WorkflowOrder(
                ORG,
                PLAN,
                "s",
                "plans",
                "${{ secrets.X }}",
                "reliablyhq/actions/plan@main",
                List.of(),
                Overlap.FORBID,
                null,
                null);
        assertThrows(LaunchFailure.class, () -> WorkflowFile.fromDefault(order));
    }

    @Test
    void anchorsAreEditedWhereThatIsSafe() {
        String template = """
                on: workflow_dispatch
                jobs:
                  one: &chaos
                    runs-on: ubuntu-latest
                    steps: [{uses: reliablyhq/actions/plan@main}]
                  two: *chaos
                """;
        String made = WorkflowFile.fromTemplate(template, dispatched()).text();
        assertEquals(2, made.split("'pro''duction'", -1).length, made);
    }

    @Test
    void anAliasIsReplacedWhereItIs() {
        String template = """
                name: &n Chaos
                run-name: *n
                env: { STAGE: staging, PLAN: &p none, TRIGGER: &t push }
                on: *t
                jobs:
                  one:
                    environment: &env { name: staging, url: 'https://example.com' }
                    runs-on: ubuntu-latest
                    steps: [{uses: actions/checkout@v4}]
                  two:
                    environment: *env
                    runs-on: ubuntu-latest
                    steps:
                      - uses: reliablyhq/actions/plan@main
                        with: &with { plan-id: *p, python-version: '3.12' }
                      - uses: reliablyhq/actions/plan@main
                        with: *with
                  three:
                    environment: &e production
                    runs-on: ubuntu-latest
                    steps: &steps
                      - run: echo
                  four:
                    environment: *e
                    runs-on: ubuntu-latest
                    steps: *steps
                """;
        String made = WorkflowFile.fromTemplate(template, dispatched()).text();
        assertTrue(made.contains("run-name: 'Chaos (run ${{ inputs.reliably_run_id }})'\n"), made);
        assertTrue(made.contains("PLAN: &p none, TRIGGER: &t push"), made);
        assertTrue(made.contains("environment: { name: 'pro''duction', 'url': 'https://example.com' }\n"), made);
        assertTrue(made.contains("plan-id: '" + PLAN + "', python-version: '3.12' }\n"), made);
        assertTrue(made.contains("        with: *with\n"), made);
        assertEquals(2, made.split("environment: 'pro''duction'\n", -1).length - 1, made);
    }

    @Test
    void inputsThatAreAnAliasAreWrittenOut() {
        String template = """
                on:
                  workflow_call:
                    inputs: &in
                      level: { type: string, default: low } # how much
                  workflow_dispatch:
                    inputs: *in
                jobs:
                  one:
                    runs-on: ubuntu-latest
                    steps: [{uses: reliablyhq/actions/plan@main}]
                """;
        String made = WorkflowFile.fromTemplate(template, dispatched()).text();
        assertTrue(made.contains("      level: { type: string, default: low } # how much\n"), made);
    }

    @ParameterizedTest
    @MethodSource("templates")
    void whatWasMadeCanBeATemplate(Path template) throws IOException {
        String made = WorkflowFile.fromTemplate(Files.readString(template), dispatched())
                .text();
        String again = WorkflowFile.fromTemplate(made, dispatched()).text();
        assertEquals(1, again.split(WorkflowOrder.RUN_INPUT + ":", -1).length - 1, again);
        assertEquals(1, again.split("\\(run ", -1).length - 1, again);
    }

    static Stream<Arguments> templatesThatAreRefused() {
        String job = "jobs: {a: {runs-on: x, steps: [{uses: reliablyhq/actions/plan@main";
        return Stream.of(
                arguments("on: push\n" + job + "}], environment: &e staging, env: {E: *e}}}", "'*e' in its line 2"),
                arguments("on: push\nenv: &w {A: b}\n" + job + ", with: *w}]}}", "'*w' in its line 3"),
                arguments("on: push\nx: &x {A: b}\ny: {<<: *x}\n" + job + "}]}}", "'<<' in its line 3"),
                arguments("on: push\n? [a, b]\n: c\n" + job + "}]}}", "in its line 2 that is no word"),
                arguments("on: push\nx: &x [*x]\n" + job + "}]}}", "'*x' in its line 2"),
                arguments("on: push\non: pull_request\n" + job + "}]}}", "line 2"),
                arguments("on: push\nx: !!int y\n" + job + "}]}}", "cannot be edited safely"),
                arguments("on: push\nx: !!java.net.URL [y]\n" + job + "}]}}", "line 2"),
                arguments("on: push\nx: " + "[".repeat(60) + "]".repeat(60) + "\n" + job + "}]}}", "Depth"),
                arguments("on: push\nx: " + "[".repeat(200_000) + "\n" + job + "}]}}", "Depth"),
                arguments(
                        "on: push\nx: 1" + ":1".repeat(100_000) + "x\n" + job + "}, {uses: ''}]}, b: c}\nx: 1", "line"),
                arguments("on: push\nx: a\0b\n" + job + "}]}}", "special characters"),
                arguments(
                        "on: {workflow_dispatch: {inputs: {"
                                + IntStream.range(0, 25)
                                        .mapToObj(i -> "i" + i + ": {}")
                                        .collect(Collectors.joining(","))
                                + "}}}\n" + job + "}]}}",
                        "too many inputs"),
                arguments(laughs() + "on: push\n" + job + "}]}}", "cannot be edited safely"));
    }

    /** A billion of them, in few lines. */
    private static String laughs() {
        StringBuilder laughs = new StringBuilder("l0: &l0 [lol]\n");
        for (int level = 1; level <= 12; level++) {
            String of = ", *l" + (level - 1);
            laughs.append(
                    "l%d: &l%d [%s]\n".formatted(level, level, of.repeat(4).substring(2)));
        }
        return laughs.toString();
    }

    @ParameterizedTest
    @MethodSource("templatesThatAreRefused")
    void whatCannotBeEditedIsRefusedSayingWhere(String template, String words) {
        LaunchFailure failure = assertTimeoutPreemptively(
                Duration.ofSeconds(60),
                () -> assertThrows(LaunchFailure.class, () -> WorkflowFile.fromTemplate(template, dispatched())));
        assertTrue(failure.getMessage().contains(words), failure.getMessage());
    }

    @Test
    void manyStepsAreEditedInReasonableTime() {
        String template = "# 🔥\non: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
                + "      - uses: reliablyhq/actions/plan@main\n".repeat(400);
        String made = assertTimeoutPreemptively(
                Duration.ofSeconds(60),
                () -> WorkflowFile.fromTemplate(template, dispatched()).text());
        assertEquals(400, made.split("plan-id:", -1).length - 1);
    }

    static WorkflowOrder dispatched() {
        return order(List.of(), Overlap.FORBID, null, null);
    }

    static WorkflowOrder scheduled(Overlap overlap) {
        return order(
                List.of(new CronLine("15 3 * * 1-5", "Europe/Paris"), new CronLine("0 12 * * 0", null)),
                overlap,
                null,
                null);
    }

    private static WorkflowOrder order(List<CronLine> cron, Overlap overlap, Duration timeout, String tokenSecret) {
        return new WorkflowOrder(
                ORG,
                PLAN,
                "chaos.example.com",
                "plans",
                "pro'duction",
                "reliablyhq/actions/plan@main",
                cron,
                overlap,
                timeout,
                tokenSecret);
    }

    private static void assertGolden(String name, WorkflowFile made) throws IOException {
        Path golden = RESOURCES.resolve("golden").resolve(name);
        if (RENEW) {
            Files.writeString(golden, made.text());
        }
        assertEquals(Files.readString(golden), made.text());
        assertTrue(made.isUntouched());
    }
}
