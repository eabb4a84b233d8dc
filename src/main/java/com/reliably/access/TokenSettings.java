package com.reliably.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of API tokens. */
@ConfigMapping(prefix = "reliably.tokens")
public interface TokenSettings {

    /** How long a token lives that was created without an expiry. Longer lives must be asked for, token by token. */
    @WithDefault("P90D")
    Duration lifetime();

    /** The longest life that can be asked for. */
    @WithDefault("P3650D")
    Duration maxLifetime();

    /**
     * For how long a token that was found good is not looked up again. A revocation takes this long to reach the other
     * replicas; on the one that revokes it is immediate.
     */
    @WithDefault("PT2S")
    Duration cacheFor();
}
