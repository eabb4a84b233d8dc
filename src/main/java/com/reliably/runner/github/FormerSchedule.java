package com.reliably.runner.github;

import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.api.GitHubRun;
import io.smallrye.mutiny.Uni;

/**
 * What a schedule leaves of a plan that is dispatched from now on: where the branch is protected, the file could not be deleted,
 * and its workflow was disabled instead. GitHub does not say who disabled a workflow; but where the last of its runs is one that
 * the schedule started, nothing was dispatched since, and it is from then. Where one was dispatched later, people have
 * disabled it since, and it stays so.
 */
final class FormerSchedule {

    private FormerSchedule() {}

    /** Enables the workflow, where it is a schedule that left it disabled; whether it was. */
    static Uni<Boolean> enabledAgain(GitHubApi api, String fileName) {
        return api.workflowState(fileName)
                .chain(state -> "disabled_manually".equals(state)
                        ? api.runsOf(fileName)
                        : Uni.createFrom().nullItem())
                .chain(page -> page == null || !lastIsOfSchedule(page)
                        ? Uni.createFrom().item(false)
                        : api.enable(fileName).replaceWith(true))
                // Then what was refused first says more.
                .onFailure(GitHubFault.Refused.class)
                .recoverWithItem(false);
    }

    private static boolean lastIsOfSchedule(GitHubRun.Page page) {
        return !page.runs().isEmpty() && "schedule".equals(page.runs().get(0).event());
    }
}
