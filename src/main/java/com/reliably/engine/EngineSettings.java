package com.reliably.engine;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of schedules that engines keep. */
@ConfigMapping(prefix = "reliably.engines")
public interface EngineSettings {

    /** How long it takes until an engine that was out of reach is tried again, at first; doubled with each failure. */
    @WithDefault("PT5S")
    Duration retryAfter();

    /** The longest time between two tries; also how often what an engine has refused is tried again. */
    @WithDefault("PT5M")
    Duration retryAtMost();

    /**
     * For how long a token is good that an engine gives to the clients which it starts by itself. It is replaced when two
     * thirds of that are over.
     */
    @WithDefault("P90D")
    Duration tokenLifetime();
}
