package com.reliably.event;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of live streams: the events of an organisation, and the logs of runs. */
@ConfigMapping(prefix = "reliably.events")
public interface EventSettings {

    /** How long events are kept for those who come back. */
    @WithDefault("PT24H")
    Duration retention();

    /** How many streams this server has open at once; more are refused with a 503. */
    @WithDefault("1000")
    int streamsAtMost();

    /** How long one stream lasts; its client then comes back, perhaps to another server. */
    @WithDefault("PT1H")
    Duration streamLifetime();

    /** How often the database is asked for news while there are none. */
    @WithDefault("PT0.5S")
    Duration pollEvery();

    /** How often a stream says that it is still there; less than any idle timeout on the way. */
    @WithDefault("PT15S")
    Duration heartbeatEvery();
}
