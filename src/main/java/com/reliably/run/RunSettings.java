package com.reliably.run;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of runs, whatever engine has them. */
@ConfigMapping(prefix = "reliably.runs")
public interface RunSettings {

    /** For how long a server owns a run without saying so again. */
    @WithDefault("PT30S")
    Duration lease();

    /**
     * How long after the end of its lease a running run is taken over from a server that is gone. One that is only being
     * launched is taken over when its lease ends.
     */
    @WithDefault("PT2M")
    Duration takeOverAfter();

    /** How long a launch that failed waits for the next try, where its plan has any left; doubled with each. */
    @WithDefault("PT5S")
    Duration retryAfter();

    /** How much output of a run is kept; the rest is cut, and the log says so. */
    @WithDefault("10M")
    MemorySize logLimit();

    /** When the token of a run ends by itself, should no server be left to end it. Longer than any run may take. */
    @WithDefault("PT24H")
    Duration tokenLifetime();
}
