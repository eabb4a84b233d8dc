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

    /**
     * How many runs of an organisation may be pending. Further fires are recorded as missed, and further requests answered
     * with a 429; what an engine has begun is always followed.
     */
    @WithDefault("20000")
    int maxPending();

    /** How much output of a run is kept; the rest is cut, and the log says so. */
    @WithDefault("10M")
    MemorySize logLimit();

    /**
     * How long the last report of a client is waited for that has ended, where the journal does not say yet how it ended:
     * an engine may be heard of sooner than its client.
     */
    @WithDefault("PT15S")
    Duration lastReportTimeout();

    /** When the token of a run ends by itself, should no server be left to end it. Longer than any run may take. */
    @WithDefault("PT24H")
    Duration tokenLifetime();
}
