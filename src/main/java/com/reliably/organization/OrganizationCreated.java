package com.reliably.organization;

import com.reliably.access.TokenView;
import java.time.Instant;
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
        TokenView token) {}
