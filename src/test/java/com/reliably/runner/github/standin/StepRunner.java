package com.reliably.runner.github.standin;

import com.reliably.testing.PythonEnvironment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs the steps of a workflow's jobs for real: what they {@code run} in a shell, and the Reliably action by what it does,
 * the real CLI with the step's inputs. Expressions are those that the server writes.
 */
public final class StepRunner implements StandInRunner {

    private static final Pattern EXPRESSION = Pattern.compile("\\$\\{\\{ *([a-z]+)\\.([A-Za-z0-9_-]+) *}}");

    private final GitHubStandIn gitHub;
    private final PythonEnvironment cli;
    private final Path workspace;
    private final UnaryOperator<String> serviceTokenOfPlan;
    private final UnaryOperator<String> opened;

    /**
     * @param serviceTokenOfPlan what people put into the GitHub environment as RELIABLY_SERVICE_TOKEN, by the plan
     * @param opened             opens what the server has put there, sealed
     */
    public StepRunner(
            GitHubStandIn gitHub,
            PythonEnvironment cli,
            Path workspace,
            UnaryOperator<String> serviceTokenOfPlan,
            UnaryOperator<String> opened) {
        this.gitHub = gitHub;
        this.cli = cli;
        this.workspace = workspace;
        this.serviceTokenOfPlan = serviceTokenOfPlan;
        this.opened = opened;
    }

    @Override
    public void run(StandInRun run, Map<String, Object> workflow) {
        boolean good = true;
        for (Object job : ((Map<?, ?>) workflow.get("jobs")).values()) {
            for (Object step : (List<?>) ((Map<?, ?>) job).get("steps")) {
                Map<?, ?> terms = (Map<?, ?>) step;
                boolean always = "always()".equals(terms.get("if"));
                if (good || always) {
                    boolean passed = passes(run, terms);
                    gitHub.runs.step(run, nameOf(terms), passed);
                    good &= passed;
                }
            }
        }
        gitHub.runs.end(run, good ? "success" : "failure");
    }

    private static String nameOf(Map<?, ?> step) {
        if (step.get("name") != null) {
            return step.get("name").toString();
        }
        return "Run " + (step.get("uses") == null ? step.get("run").toString().strip() : step.get("uses"));
    }

    private boolean passes(StandInRun run, Map<?, ?> step) {
        try {
            if (step.get("run") != null) {
                return process(
                        run,
                        new ProcessBuilder(
                                "sh",
                                "-ec",
                                evaluated(run, null, step.get("run").toString())));
            }
            return !step.get("uses").toString().startsWith("reliablyhq/actions/plan")
                    || action(run, (Map<?, ?>) step.get("with"));
        } catch (IOException e) {
            run.log.append(e).append('\n');
            return false;
        }
    }

    private boolean action(StandInRun run, Map<?, ?> with) throws IOException {
        String plan = with.get("plan-id").toString();
        Path directory = Files.createDirectories(
                workspace.resolve(with.get("working-dir").toString()));
        ProcessBuilder builder = new ProcessBuilder(
                        cli.program("reliably").toString(),
                        "service",
                        "plan",
                        "execute",
                        "--set-status",
                        "--log-stdout",
                        plan)
                .directory(directory.toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("RELIABLY_"));
        String host = with.get("reliably-host").toString();
        environment.put("RELIABLY_SERVICE_HOST", "http://" + host);
        environment.put("RELIABLY_HOST", host);
        environment.put("RELIABLY_USE_HTTP", "true");
        environment.put("RELIABLY_PLAN_ID", plan);
        environment.put("RELIABLY_ORGANIZATION_ID", with.get("org-id").toString());
        environment.put(
                "RELIABLY_SERVICE_TOKEN",
                evaluated(run, plan, with.get("reliably-service-token").toString()));
        environment.put(
                "RELIABLY_EXECUTION_EXTRA",
                evaluated(run, plan, with.get("reliably-experiment-extra").toString()));
        environment.put("CI", "true");
        environment.put("GITHUB_SERVER_URL", "https://github.com");
        environment.put("GITHUB_REPOSITORY", GitHubStandIn.REPOSITORY);
        environment.put("GITHUB_RUN_ID", Long.toString(run.id));
        environment.put("HOME", workspace.toString());
        return process(run, builder);
    }

    private boolean process(StandInRun run, ProcessBuilder builder) throws IOException {
        Path output = Files.createTempFile(workspace, "step", ".log");
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            int code = process.waitFor();
            run.log.append(Files.readString(output, StandardCharsets.UTF_8));
            return code == 0;
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private String evaluated(StandInRun run, String plan, String text) {
        Matcher expression = EXPRESSION.matcher(text);
        return expression.replaceAll(match -> Matcher.quoteReplacement(
                switch (match.group(1)) {
                    case "inputs" -> run.inputs.getOrDefault(match.group(2), "");
                    case "secrets" -> secret(match.group(2), plan);
                    default -> "";
                }));
    }

    private String secret(String name, String plan) {
        if (name.equals("RELIABLY_SERVICE_TOKEN")) {
            return serviceTokenOfPlan.apply(plan);
        }
        // As at GitHub, a secret that is not there is empty.
        return name.equals("GITHUB_TOKEN")
                ? "github-made"
                : Optional.ofNullable(gitHub.environment.secrets.get(name))
                        .map(opened)
                        .orElse("");
    }
}
