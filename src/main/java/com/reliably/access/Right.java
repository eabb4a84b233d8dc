package com.reliably.access;

import com.fasterxml.jackson.annotation.JsonValue;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a token may do in its organisation. */
@Schema(
        name = "Right",
        description = "`admin`: everything; `write`: everything but tokens and clear secrets; `read`: look; "
                + "`run`: only what the client that runs one plan calls")
public enum Right {
    ADMIN,
    WRITE,
    READ,
    RUN;

    /** Whether a token with this right may call what demands the other. RUN implies nothing and nothing implies it. */
    public boolean covers(Right demanded) {
        return this != RUN && demanded != RUN && ordinal() <= demanded.ordinal();
    }

    /** The wire's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
