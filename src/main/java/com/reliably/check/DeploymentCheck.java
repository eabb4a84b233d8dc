package com.reliably.check;

import com.reliably.runner.CheckResult;
import com.reliably.runner.CheckResult.Outcome;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What was found when a deployment was checked.
 *
 * @param ok      whether runs would begin: nothing failed
 * @param results one for each thing that was looked at, in the order in which people would mend them
 */
@Schema(name = "DeploymentCheck")
record DeploymentCheck(
        @Schema(description = "Whether runs would begin: nothing failed")
        boolean ok,

        List<CheckResult> results) {

    static DeploymentCheck of(List<CheckResult> results) {
        return new DeploymentCheck(
                results.stream().noneMatch(result -> result.outcome() == Outcome.FAILED), List.copyOf(results));
    }
}
