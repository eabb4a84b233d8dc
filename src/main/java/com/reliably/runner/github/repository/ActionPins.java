package com.reliably.runner.github.repository;

import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.workflow.WorkflowOrder;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pins the action of the default workflow to a commit: a branch or a tag can be moved by whoever takes over its repository, a
 * commit cannot. The commit is the one that the branch has when the plan's workflow is first written; it stays, so that
 * the same plan goes on running the same code.
 *
 * @see <a href="https://docs.github.com/en/actions/reference/security/secure-use">secure use of actions</a>
 */
@Singleton
final class ActionPins {

    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern ACTION = Pattern.compile("([^/@\\s]+/[^/@\\s]+)(/[^@\\s]*)?@(\\S+)");

    @RegisterForReflection
    private record Commit(String sha) {}

    /**
     * The order with its action pinned: as it is in the plan's workflow, where there is one; else to what GitHub says. Where
     * GitHub does not know the action (an Enterprise Server that gets it by GitHub Connect) it stays as it is.
     */
    Uni<WorkflowOrder> pinned(GitHubApi api, GitHubDefinition definition, WorkflowOrder order) {
        Matcher action = ACTION.matcher(order.action());
        if (!action.matches() || COMMIT.matcher(action.group(3)).matches()) {
            return Uni.createFrom().item(order);
        }
        String path = order.action().substring(0, action.start(3));
        return api.file(order.path(), definition.ref())
                .chain(file -> file.flatMap(present -> pinIn(present.text(), path))
                        .map(commit -> Uni.createFrom().item(Optional.of(commit)))
                        .orElseGet(() -> commitOf(api, action.group(1), action.group(3))))
                .map(commit -> commit.map(sha -> order.withAction(path + sha + " # " + action.group(3)))
                        .orElse(order));
    }

    private static Optional<String> pinIn(String workflow, String path) {
        Matcher pin = Pattern.compile(Pattern.quote(path) + "(" + COMMIT.pattern() + ")\\b")
                .matcher(workflow);
        return pin.find() ? Optional.of(pin.group(1)) : Optional.empty();
    }

    private static Uni<Optional<String>> commitOf(GitHubApi api, String repository, String ref) {
        return api.resourceOfHost("/repos/" + repository + "/commits/" + GitHubApi.encoded(ref))
                .map(answer -> Optional.ofNullable(
                                api.read(answer, Commit.class).sha())
                        .filter(sha -> COMMIT.matcher(sha).matches()))
                .onFailure(GitHubFault.Refused.class)
                .recoverWithItem(Optional.empty());
    }
}
