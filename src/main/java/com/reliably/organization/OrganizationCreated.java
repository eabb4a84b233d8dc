package com.reliably.organization;

import com.reliably.access.TokenView;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A new organisation. Tokens are bound to one organisation, so that nobody could enter the new one without the first
 * token that comes along.
 */
@Schema(name = "OrganizationCreated")
record OrganizationCreated(
        UUID id,
        @Schema(examples = "Platform team") String name,
        Instant createdDate,

        @Schema(description = "The organization's first administrator token; shown only here")
        TokenView token,

        @Schema(
                description =
                        "Where this is the second organization: the stored plans of the first one whose runs are refused"
                                + " from now on, because the server keeps organizations apart")
        List<ConcernedPlan> concernedPlans) {}
