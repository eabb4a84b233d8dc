package com.reliably.access;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A token to create.
 *
 * @param name        unique among the organisation's tokens
 * @param rights      null means write; run for a token that is limited to a plan
 * @param planId      limits the token to what the client that runs this plan does; null: not limited
 * @param expiresDate null means the server's default life from now
 */
@Schema(name = "TokenCreate")
record TokenInput(
        @Schema(description = "Unique among the organization's tokens", examples = "ci")
        @NotNull
        @Size(min = 1, max = 200, message = "String should have 1 to 200 characters")
        String name,

        @Schema(description = "What the token may do; `write` where absent", examples = "write", nullable = true)
        Right rights,

        @Schema(description = "Limits the token to what the client that runs this plan calls", nullable = true)
        UUID planId,

        @Schema(description = "When it ends; 90 days from now where absent", nullable = true)
        Instant expiresDate) {}
