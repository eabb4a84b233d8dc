package com.reliably.access;

import com.reliably.secret.Mask;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A token as it is shown. */
@Schema(name = "Token")
public record TokenView(
        UUID id,
        @Schema(examples = "ci") String name,
        Instant createdDate,

        @Schema(
                description = "The token itself, in the answer that creates it; afterwards masked for ever",
                examples = "**********")
        String token,

        @Schema(examples = "write") Right rights,

        @Schema(description = "The plan that a token with the right `run` is limited to", nullable = true)
        UUID planId,

        @Schema(description = "When it ends; null: never", nullable = true)
        Instant expiresDate,

        @Schema(description = "About when it was last used", nullable = true)
        Instant lastUsedDate) {

    static TokenView withToken(AccessToken token, String clear) {
        return new TokenView(
                token.id,
                token.name,
                token.createdAt,
                clear,
                token.right(),
                token.planId,
                token.expiresAt,
                token.lastUsedAt);
    }

    static TokenView masked(AccessToken token) {
        return withToken(token, Mask.MASK);
    }

    /** Without the token: records are logged easily. */
    @Override
    public String toString() {
        return "TokenView[" + id + "]";
    }
}
