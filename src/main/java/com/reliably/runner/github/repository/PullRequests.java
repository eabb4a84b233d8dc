package com.reliably.runner.github.repository;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.deployment.GitHubDefinition.Delivery;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubApi.RepositoryFile;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.workflow.WorkflowFile;
import com.reliably.runner.github.workflow.WorkflowOrder;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Offers a workflow as a pull request, for branches that take no commits. Offering it again changes nothing. */
@Singleton
public final class PullRequests {

    @RegisterForReflection
    private record Ref(Target object) {}

    @RegisterForReflection
    private record Target(String sha) {}

    @RegisterForReflection
    private record Pull(
            @JsonProperty("html_url") String htmlUrl,
            String state,
            @JsonProperty("merged_at") String mergedAt) {

        private boolean isOpen() {
            return "open".equals(state);
        }

        private boolean isDeclined() {
            return !isOpen() && mergedAt == null;
        }
    }

    /**
     * Sees to it that there is an open pull request with this file; its URL for people. Fails with {@link LaunchFailure} where
     * people have closed it.
     */
    Uni<String> offer(GitHubApi api, String base, WorkflowOrder order, WorkflowFile wanted, String title) {
        String branch = branchOf(order.planId());
        return last(api, base, branch).chain(last -> {
            if (last.isPresent() && last.get().isOpen()) {
                return write(api, branch, order, wanted, title)
                        .replaceWith(last.get().htmlUrl());
            }
            return refuseDeclined(api, branch, last)
                    // What was merged begins again from where the branch is now.
                    .chain(() -> begin(api, base, branch))
                    .chain(() -> write(api, branch, order, wanted, title))
                    .chain(() -> create(api, base, branch, title));
        });
    }

    /** Who has closed it does not want it. Who wants it after all reopens it, or deletes its branch. */
    private static Uni<Void> refuseDeclined(GitHubApi api, String branch, Optional<Pull> last) {
        if (last.isEmpty() || !last.get().isDeclined()) {
            return Uni.createFrom().voidItem();
        }
        return api.resource("/git/ref/heads/" + pathOf(branch))
                .map(answer -> true)
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown())
                .recoverWithItem(false)
                .invoke(there -> {
                    if (there) {
                        throw new LaunchFailure("The pull request with the plan's workflow was closed without being"
                                + " merged: " + last.get().htmlUrl() + ". Reopen and merge it; or delete its branch "
                                + branch + " to be offered another one.");
                    }
                })
                .replaceWithVoid();
    }

    /** Takes back what was offered for a plan; GitHub closes a pull request whose branch is gone. */
    public Uni<Void> withdraw(GitHubApi api, GitHubDefinition definition, UUID planId) {
        if (definition.delivery() != Delivery.PULL_REQUEST) {
            return Uni.createFrom().voidItem();
        }
        return api.change("DELETE", "/git/refs/heads/" + pathOf(branchOf(planId)), null)
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused
                        && (refused.isUnknown() || refused.status() == 422))
                .recoverWithNull()
                .replaceWithVoid();
    }

    private static String branchOf(UUID planId) {
        return "reliably/plan-" + planId;
    }

    private static Uni<Optional<Pull>> last(GitHubApi api, String base, String branch) {
        String head = GitHubApi.encoded(api.address().owner() + ":" + branch);
        return api.resource("/pulls?state=all&sort=created&direction=desc&per_page=1&head=" + head + "&base="
                        + GitHubApi.encoded(base))
                .map(answer -> Arrays.stream(api.read(answer, Pull[].class)).findFirst());
    }

    private static Uni<Void> begin(GitHubApi api, String base, String branch) {
        return api.resource("/git/ref/heads/" + pathOf(base))
                .map(answer -> api.read(answer, Ref.class).object().sha())
                .chain(sha -> api.change("POST", "/git/refs", Map.of("ref", "refs/heads/" + branch, "sha", sha))
                        .onFailure(failure -> failure instanceof GitHubFault.Refused refused && refused.status() == 422)
                        .recoverWithUni(() -> api.change(
                                "PATCH", "/git/refs/heads/" + pathOf(branch), Map.of("sha", sha, "force", true))))
                .replaceWithVoid();
    }

    private static Uni<Void> write(
            GitHubApi api, String branch, WorkflowOrder order, WorkflowFile wanted, String title) {
        return api.file(order.path(), branch)
                .chain(found -> wanted.isSameAs(found.map(file -> new WorkflowFile(file.text())))
                        ? Uni.createFrom().voidItem()
                        : api.write(
                                order.path(),
                                branch,
                                wanted.text(),
                                found.map(RepositoryFile::sha).orElse(null),
                                title));
    }

    private static Uni<String> create(GitHubApi api, String base, String branch, String title) {
        return api.change(
                        "POST",
                        "/pulls",
                        Map.of(
                                "title",
                                title,
                                "head",
                                branch,
                                "base",
                                base,
                                "body",
                                "Reliably starts this workflow for a plan. The plan waits until it is merged."))
                .map(answer -> api.read(answer, Pull.class).htmlUrl());
    }

    /** A branch's name in a path, its slashes kept. */
    private static String pathOf(String branch) {
        return GitHubApi.encoded(branch).replace("%2F", "/");
    }
}
