package com.reliably.runner.github;

import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.github.repository.ServiceTokens;
import com.reliably.runner.github.workflow.WorkflowOrder;
import com.reliably.schedule.Overlap;
import com.reliably.start.PublicUrl;
import java.util.List;
import java.util.UUID;

/** What the workflows of plans are to say, from what is known of the plan and its deployment. */
final class WorkflowOrders {

    private WorkflowOrders() {}

    /** The GitHub environment of a plan: the one that it names itself, else the deployment's; null where neither does. */
    static String environmentOf(GitHubDefinition definition, String ofPlan) {
        return ofPlan == null ? definition.environment() : ofPlan;
    }

    /** Of a run that is dispatched. */
    static WorkflowOrder dispatched(
            PublicUrl url, GitHubSettings settings, GitHubDefinition definition, UUID orgId, Dispatch order) {
        return new WorkflowOrder(
                orgId,
                order.planId(),
                url.hostAndPort(),
                definition.baseDir(),
                environmentOf(definition, order.environment()),
                settings.action(),
                List.of(),
                // What is to be replaced is ended by this server, before another one is dispatched.
                order.overlap() == Overlap.ALLOW ? Overlap.ALLOW : Overlap.FORBID,
                order.timeout(),
                ServiceTokens.expressionOf(definition, order.planId()));
    }

    /** Of a schedule that GitHub keeps. */
    static WorkflowOrder scheduled(
            PublicUrl url, GitHubSettings settings, EngineSchedule schedule, List<WorkflowOrder.CronLine> lines) {
        GitHubDefinition definition = (GitHubDefinition) schedule.definition();
        return new WorkflowOrder(
                schedule.orgId(),
                schedule.planId(),
                url.hostAndPort(),
                definition.baseDir(),
                environmentOf(definition, schedule.providerEnvironment()),
                settings.action(),
                lines,
                schedule.overlap(),
                schedule.timeout(),
                ServiceTokens.expressionOf(definition, schedule.planId()));
    }

    /** Of no plan, to see whether a template can be used. */
    static WorkflowOrder example(PublicUrl url, GitHubSettings settings, GitHubDefinition definition) {
        UUID none = new UUID(0, 0);
        return new WorkflowOrder(
                none,
                none,
                url.hostAndPort(),
                definition.baseDir(),
                definition.environment(),
                settings.action(),
                List.of(),
                Overlap.FORBID,
                null,
                ServiceTokens.expressionOf(definition, none));
    }
}
