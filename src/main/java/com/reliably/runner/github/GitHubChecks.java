package com.reliably.runner.github;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.outbound.UrlHost;
import com.reliably.runner.CheckResult;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.api.GitHubAnswer;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubApis;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.repository.ServiceTokens;
import com.reliably.runner.github.workflow.WorkflowFile;
import com.reliably.start.PublicUrl;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What would stop a run at GitHub, in the order in which people would mend it. Nothing is written. */
final class GitHubChecks {

    private static final String CREDENTIALS = "credentials";
    private static final String REPOSITORY = "repository";
    private static final String BRANCH = "branch";
    private static final String RIGHTS = "right to write";
    private static final String ACTIONS = "Actions enabled";
    private static final String ENVIRONMENT = "environment";
    private static final String TOKEN = "service token";
    private static final String TEMPLATE = "workflow";
    private static final String ACTION = "action reachable";
    private static final String SERVER = "server reachable";

    private final GitHubApis apis;
    private final PublicUrl publicUrl;
    private final GitHubSettings settings;
    private final GitHubDefinition definition;

    GitHubChecks(GitHubApis apis, PublicUrl publicUrl, GitHubSettings settings, GitHubDefinition definition) {
        this.apis = apis;
        this.publicUrl = publicUrl;
        this.settings = settings;
        this.definition = definition;
    }

    @RegisterForReflection
    private record Permissions(
            boolean enabled,
            @JsonProperty("allowed_actions") String allowedActions) {}

    Uni<List<CheckResult>> all() {
        GitHubApi api;
        try {
            api = apis.of(definition);
        } catch (LaunchFailure e) {
            return Uni.createFrom()
                    .item(List.of(CheckResult.failed(CREDENTIALS, e.getMessage(), "Change the deployment."), server()));
        }
        return api.resource("")
                .onItemOrFailure()
                .transformToUni((answer, failure) -> failure == null
                        ? reached(api, answer)
                        : Uni.createFrom().item(unreached(api, failure)));
    }

    private List<CheckResult> unreached(GitHubApi api, Throwable failure) {
        List<CheckResult> results = new ArrayList<>();
        String message = failure.getMessage();
        if (failure instanceof GitHubFault.Refused refused && refused.status() == 401) {
            results.add(CheckResult.failed(
                    CREDENTIALS, message, "Make a new token (or key of the App), and give it to the deployment."));
            results.add(CheckResult.skipped(REPOSITORY, "Without good credentials it is not looked at."));
        } else if (failure instanceof GitHubFault.Refused) {
            results.add(CheckResult.skipped(CREDENTIALS, "GitHub does not say whether they are good."));
            results.add(CheckResult.failed(
                    REPOSITORY,
                    api.address().fullName() + " is not there for these credentials. " + message,
                    "See that 'repo' is right, and that the token was given this repository (fine-grained: under"
                            + " 'Repository access'), or that the App is installed in it."));
        } else {
            results.add(CheckResult.failed(
                    REPOSITORY,
                    message,
                    failure instanceof GitHubFault.Limited
                            ? "Wait, or use other credentials."
                            : "See whether this server may reach "
                                    + UrlHost.of(api.address().api()) + "."));
        }
        for (String name : List.of(BRANCH, RIGHTS, ACTIONS, ENVIRONMENT, TOKEN, TEMPLATE, ACTION)) {
            results.add(CheckResult.skipped(name, "Not looked at, because the repository was not reached."));
        }
        results.add(server());
        return results;
    }

    private Uni<List<CheckResult>> reached(GitHubApi api, GitHubAnswer answer) {
        List<CheckResult> results = new ArrayList<>();
        results.add(credentials(answer));
        results.add(CheckResult.passed(REPOSITORY, api.address().fullName() + " is reached."));
        return api.facts()
                .chain(facts -> branch(api, facts)
                        .invoke(results::add)
                        .chain(api::permissions)
                        .invoke(permissions -> results.add(rights(facts, scopes(answer), permissions))))
                .chain(() -> actions(api))
                .invoke(results::add)
                .chain(() -> environment(api))
                .invoke(results::add)
                .chain(() -> token(api))
                .invoke(results::add)
                .chain(() -> template(api))
                .invoke(results::add)
                .chain(() -> action(api))
                .invoke(results::add)
                .invoke(() -> results.add(server()))
                .replaceWith(results);
    }

    private static CheckResult credentials(GitHubAnswer answer) {
        Optional<String> expiry = answer.header("github-authentication-token-expiration");
        return CheckResult.passed(
                CREDENTIALS,
                "GitHub takes them"
                        + expiry.map(until -> " until " + until + ".").orElse(", and says of no end of theirs."));
    }

    private Uni<CheckResult> branch(GitHubApi api, GitHubApi.Facts facts) {
        if (facts.archived()) {
            return item(CheckResult.failed(
                    BRANCH,
                    "The repository is archived, so that nothing can be written or run.",
                    "Use another repository."));
        }
        if (!facts.defaultBranch().equals(definition.ref())) {
            return item(CheckResult.failed(
                    BRANCH,
                    "'" + definition.ref() + "' is not the default branch, which is '" + facts.defaultBranch()
                            + "': GitHub starts only workflows that the default branch has.",
                    "Give the deployment 'ref': '" + facts.defaultBranch() + "'."));
        }
        return item(CheckResult.passed(BRANCH, "'" + definition.ref() + "' is the default branch."));
    }

    /** The scopes of a classic token; empty for all others, which have none. */
    private static Optional<Set<String>> scopes(GitHubAnswer answer) {
        return answer.header("x-oauth-scopes")
                .filter(scopes -> !scopes.isBlank())
                .map(scopes ->
                        Arrays.stream(scopes.split(",")).map(String::strip).collect(Collectors.toSet()));
    }

    private CheckResult rights(
            GitHubApi.Facts facts, Optional<Set<String>> scopes, Optional<Map<String, String>> permissions) {
        if (permissions.isPresent()) {
            return rightsOfApp(permissions.get());
        }
        if (!facts.mayWrite()) {
            return CheckResult.failed(RIGHTS, "These credentials may not write the repository.", remedyOfToken());
        }
        if (scopes.isPresent()) {
            return rightsOfClassicToken(scopes.get());
        }
        return CheckResult.passed(
                RIGHTS,
                "The repository may be written. GitHub does not say what else a fine-grained token may; this one needs "
                        + String.join(", ", needed()) + ", read and write.");
    }

    private static CheckResult rightsOfClassicToken(Set<String> scopes) {
        List<String> missing = Stream.of("repo", "workflow")
                .filter(scope -> !scopes.contains(scope))
                .toList();
        return missing.isEmpty()
                ? CheckResult.passed(RIGHTS, "The token has the scopes 'repo' and 'workflow'.")
                : CheckResult.failed(
                        RIGHTS,
                        "The classic token lacks the scope " + String.join(" and ", missing) + ".",
                        "Give the token the scopes 'repo' and 'workflow'.");
    }

    private CheckResult rightsOfApp(Map<String, String> permissions) {
        List<String> missing = needed().stream()
                .filter(right -> !"write"
                        .equals(permissions.get(right.toLowerCase(Locale.ROOT).replace(' ', '_'))))
                .toList();
        return missing.isEmpty()
                ? CheckResult.passed(RIGHTS, "The App may write " + String.join(", ", needed()) + ".")
                : CheckResult.failed(
                        RIGHTS,
                        "The App may not write " + String.join(", ", missing) + ".",
                        "Give it these permissions, read and write, and have the installation accept them.");
    }

    private String remedyOfToken() {
        return "Give a fine-grained token " + String.join(", ", needed())
                + ", read and write; a classic one the scopes 'repo' and 'workflow'.";
    }

    /** As GitHub calls the permissions of a repository. */
    private List<String> needed() {
        List<String> needed = new ArrayList<>(List.of("Contents", "Workflows", "Actions"));
        if (definition.delivery() == GitHubDefinition.Delivery.PULL_REQUEST) {
            needed.add("Pull requests");
        }
        if (definition.manageServiceToken()) {
            needed.add("Environments");
        }
        return needed;
    }

    private static Uni<CheckResult> actions(GitHubApi api) {
        return look(api.resource("/actions/permissions"), ACTIONS, answer -> {
            Permissions permissions = api.read(answer, Permissions.class);
            if (!permissions.enabled()) {
                return CheckResult.failed(
                        ACTIONS,
                        "Actions are disabled in the repository.",
                        "Enable them in its settings, under Actions, General.");
            }
            return "all".equals(permissions.allowedActions()) || permissions.allowedActions() == null
                    ? CheckResult.passed(ACTIONS, "They are.")
                    : CheckResult.warning(
                            ACTIONS,
                            "They are, but not every action may be used (" + permissions.allowedActions() + ").",
                            "Allow reliablyhq/actions and actions/checkout in its settings, under Actions, General.");
        });
    }

    private Uni<CheckResult> environment(GitHubApi api) {
        if (definition.environment() == null) {
            return item(CheckResult.warning(
                    ENVIRONMENT,
                    "The deployment names none, so that runs have only the repository's own secrets.",
                    "Name the GitHub environment that has the secret RELIABLY_SERVICE_TOKEN."));
        }
        String path = "/environments/" + GitHubApi.encoded(definition.environment());
        return look(
                api.resource(path),
                ENVIRONMENT,
                answer -> CheckResult.passed(ENVIRONMENT, "'" + definition.environment() + "' is there."));
    }

    /** What gives the client its token. That a secret is there can be seen, not what it is. */
    private Uni<CheckResult> token(GitHubApi api) {
        if (definition.environment() == null) {
            return item(
                    CheckResult.skipped(TOKEN, "The deployment names no environment, where it would be looked for."));
        }
        String secrets = ServiceTokens.secretsOf(definition.environment());
        if (definition.manageServiceToken()) {
            return look(
                    api.resource(secrets + "/public-key"),
                    TOKEN,
                    answer -> CheckResult.passed(TOKEN, "This server puts each plan's token into the environment."));
        }
        return api.resource(secrets + "/RELIABLY_SERVICE_TOKEN")
                .map(answer -> CheckResult.passed(TOKEN, "The environment has the secret RELIABLY_SERVICE_TOKEN."))
                .onFailure(GitHubFault.class)
                .recoverWithItem(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown()
                        ? CheckResult.warning(
                                TOKEN,
                                "The environment has no secret RELIABLY_SERVICE_TOKEN; the repository or the organisation"
                                        + " may.",
                                "Put a token of this server there, best one that is limited to the plan; or give the"
                                        + " deployment 'manage_service_token', and this server does it.")
                        : unknown(TOKEN, failure));
    }

    private Uni<CheckResult> template(GitHubApi api) {
        return api.file(WorkflowFile.TEMPLATE_PATH, definition.ref())
                .map(file -> {
                    if (file.isEmpty()) {
                        return CheckResult.passed(
                                TEMPLATE,
                                "The repository has no " + WorkflowFile.TEMPLATE_PATH + "; the default is used.");
                    }
                    WorkflowFile.fromTemplate(
                            file.get().text(), WorkflowOrders.example(publicUrl, settings, definition));
                    return CheckResult.passed(TEMPLATE, WorkflowFile.TEMPLATE_PATH + " is used.");
                })
                .onFailure(LaunchFailure.class)
                .recoverWithItem(e -> CheckResult.failed(TEMPLATE, e.getMessage(), "Change the template."))
                // Also what nobody thought of: the other checks have more to say.
                .onFailure()
                .recoverWithItem(e -> unknown(TEMPLATE, e));
    }

    private Uni<CheckResult> action(GitHubApi api) {
        String[] parts = settings.action().split("@")[0].split("/");
        String repository = parts.length < 2 ? settings.action() : parts[0] + "/" + parts[1];
        return api.resourceOfHost("/repos/" + repository)
                .map(answer -> CheckResult.passed(ACTION, repository + " is reached."))
                .onFailure(GitHubFault.class)
                .recoverWithItem(e -> CheckResult.warning(
                        ACTION,
                        repository + " is not seen with these credentials. " + e.getMessage(),
                        "A fine-grained token may not see it although runs do. On an Enterprise Server, mirror it, or"
                                + " let GitHub Connect fetch it."));
    }

    private CheckResult server() {
        URI url = URI.create(publicUrl.value());
        String host = UrlHost.of(url);
        if (host.equals("localhost")
                || host.startsWith("127.")
                || host.equals("[::1]")
                || host.endsWith(".localhost")) {
            return CheckResult.failed(
                    SERVER,
                    "Runs at GitHub cannot reach " + publicUrl.value() + ", which is this host only.",
                    "Set RELIABLY_PUBLIC_URL to an address that GitHub's runners reach, or use runners of your own.");
        }
        if (publicUrl.isClearText()) {
            return CheckResult.failed(
                    SERVER,
                    "The action calls this server by HTTPS, and " + publicUrl.value() + " is plain HTTP.",
                    "Serve it by HTTPS, and set RELIABLY_PUBLIC_URL to that address.");
        }
        return CheckResult.passed(SERVER, "Runs call " + publicUrl.value() + "; see that GitHub's runners reach it.");
    }

    private static Uni<CheckResult> look(
            Uni<GitHubAnswer> request, String name, Function<GitHubAnswer, CheckResult> judge) {
        return request.map(judge)
                .onFailure(GitHubFault.class)
                .recoverWithItem(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown()
                        ? CheckResult.failed(
                                name,
                                "GitHub does not know it. " + failure.getMessage(),
                                "Make it in the repository's settings, or correct its name in the deployment.")
                        : unknown(name, failure));
    }

    private static CheckResult unknown(String name, Throwable failure) {
        return CheckResult.warning(
                name, "It cannot be looked at: " + failure.getMessage(), "Give the credentials the right to read it.");
    }

    private static Uni<CheckResult> item(CheckResult result) {
        return Uni.createFrom().item(result);
    }
}
