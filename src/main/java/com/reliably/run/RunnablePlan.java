package com.reliably.run;

import com.reliably.schedule.Overlap;
import java.time.Duration;
import java.util.UUID;

/**
 * What a run needs to know of its plan.
 *
 * @param orgId         the organisation
 * @param id            the plan
 * @param title         for people; may be null
 * @param deploymentId  where it runs
 * @param environmentId the plan's environment; may be null
 * @param providerEnvironment the environment that it names at its deployment's provider (GitHub); null where none
 * @param timeout       how long a run of it may take; null where the operator's setting says
 * @param overlap       whether runs of it may go on beside each other
 * @param launchRetries how often a launch that failed is tried again
 */
public record RunnablePlan(
        UUID orgId,
        UUID id,
        String title,
        UUID deploymentId,
        UUID environmentId,
        String providerEnvironment,
        Duration timeout,
        Overlap overlap,
        int launchRetries) {}
