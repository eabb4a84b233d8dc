package com.reliably.runner.github.repository;

import com.reliably.deployment.GitHubDefinition;
import com.reliably.deployment.GitHubDefinition.Delivery;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubApi.RepositoryFile;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.workflow.WorkflowFile;
import com.reliably.runner.github.workflow.WorkflowOrder;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * Sees to it that a plan's workflow is in the repository as it should be. Nothing is written where it is; what others have
 * changed is never overwritten.
 */
@Singleton
public final class WorkflowKeeper {

    /** How often it begins again, where somebody else writes at the same moment. */
    private static final int MOST_TRIES = 6;
    /** Words of a branch that is protected, in GitHub's refusals. */
    private static final Pattern PROTECTED =
            Pattern.compile("rule violation|protected|pull request|required status|review", Pattern.CASE_INSENSITIVE);

    private final PullRequests pullRequests;
    private final ActionPins pins;

    WorkflowKeeper(PullRequests pullRequests, ActionPins pins) {
        this.pullRequests = pullRequests;
        this.pins = pins;
    }

    /**
     * Where the file is.
     *
     * @param waitsFor what people have to do before the file is on its branch; null where it is there
     */
    public record Kept(String waitsFor) {

        static final Kept IN_PLACE = new Kept(null);

        /** Whether it is on its branch, so that GitHub may be asked to run it. */
        public boolean isInPlace() {
            return waitsFor == null;
        }
    }

    /** Writes the plan's workflow, where it is not there; fails with {@link LaunchFailure} where it must not. */
    public Uni<Kept> keep(GitHubApi api, GitHubDefinition definition, WorkflowOrder order) {
        return wanted(api, definition, order).chain(wanted -> write(api, definition, order, wanted, 1));
    }

    /** The file as it should be; fails with {@link LaunchFailure} where the repository's template cannot be used. */
    public Uni<WorkflowFile> wanted(GitHubApi api, GitHubDefinition definition, WorkflowOrder order) {
        return api.file(WorkflowFile.TEMPLATE_PATH, definition.ref()).chain(template -> template.map(
                        file -> Uni.createFrom().item(() -> WorkflowFile.fromTemplate(file.text(), order)))
                .orElseGet(() -> pins.pinned(api, definition, order).map(WorkflowFile::fromDefault)));
    }

    private Uni<Kept> write(
            GitHubApi api, GitHubDefinition definition, WorkflowOrder order, WorkflowFile wanted, int tries) {
        return api.file(order.path(), definition.ref()).chain(found -> {
            Optional<WorkflowFile> present = found.map(file -> new WorkflowFile(file.text()));
            if (wanted.isSameAs(present)) {
                return Uni.createFrom().item(Kept.IN_PLACE);
            }
            if (present.isPresent() && !present.get().isUntouched()) {
                return Uni.createFrom()
                        .failure(new LaunchFailure(order.path() + " on the branch " + definition.ref()
                                + " was changed by others, and is not overwritten: undo the change, or delete the file."
                                + " What all plans should have belongs in " + WorkflowFile.TEMPLATE_PATH + "."));
            }
            String message =
                    (present.isPresent() ? "Update" : "Add") + " the workflow of Reliably plan " + order.planId();
            if (definition.delivery() == Delivery.PULL_REQUEST) {
                return pullRequests
                        .offer(api, definition.ref(), order, wanted, message)
                        .map(url ->
                                new Kept("GitHub has the workflow as a pull request, which is to be merged: " + url));
            }
            String sha = found.map(RepositoryFile::sha).orElse(null);
            return api.write(order.path(), definition.ref(), wanted.text(), sha, message)
                    .replaceWith(Kept.IN_PLACE)
                    .onFailure(GitHubFault.Refused.class)
                    .recoverWithUni(refusal ->
                            afterRefusal(api, definition, order, wanted, tries, (GitHubFault.Refused) refusal));
        });
    }

    /**
     * The branch takes no commits; or somebody wrote at the same moment, be it another file: each commit moves the branch, and
     * GitHub lets one through.
     */
    private Uni<Kept> afterRefusal(
            GitHubApi api,
            GitHubDefinition definition,
            WorkflowOrder order,
            WorkflowFile wanted,
            int tries,
            GitHubFault.Refused refusal) {
        if (refusal.status() != 409 && refusal.status() != 422) {
            return Uni.createFrom().failure(refusal);
        }
        boolean isRace = refusal.status() == 409
                ? !PROTECTED.matcher(refusal.getMessage()).find()
                : refusal.getMessage().contains("\"sha\"");
        if (!isRace) {
            return Uni.createFrom()
                    .failure(new LaunchFailure("The workflow cannot be committed to the branch " + definition.ref()
                            + ": "
                            + refusal.getMessage() + ". Where the branch is protected, allow this identity to bypass"
                            + " that, or give the deployment 'delivery': 'pull_request'."));
        }
        if (tries >= MOST_TRIES) {
            return Uni.createFrom()
                    .failure(new GitHubFault.Unheard(
                            "Others write to the branch " + definition.ref() + " all the time: " + refusal.getMessage(),
                            refusal));
        }
        return Uni.createFrom()
                .voidItem()
                .onItem()
                .delayIt()
                .by(pause(tries))
                .chain(() -> write(api, definition, order, wanted, tries + 1));
    }

    /** Not the same for all who were refused at the same moment. */
    private static Duration pause(int tries) {
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(50, 50 + 200L * tries));
    }
}
