package com.reliably.organization;

import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A stored plan whose runs are refused from the second organisation on.
 *
 * @param reason for people, with the remedy
 */
@Schema(
        name = "ConcernedPlan",
        description = "A stored plan whose runs are refused now that there is a second organization")
public record ConcernedPlan(
        UUID orgId,
        UUID planId,

        @Schema(
                description = "Why, and what to do about it",
                examples = "The directory '/srv/chaos' is not below one that the operator allows.")
        String reason) {}
