package com.reliably.web;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How fast the bodies of requests have to arrive, and how much of them is kept in memory meanwhile. */
@ConfigMapping(prefix = "reliably.bodies")
public interface BodySettings {

    /** The least that arrives of a body within a second, on the average of a {@link #graceTimeout()}. */
    @WithDefault("8K")
    MemorySize minRate();

    /** How long a body may bring nothing; over each such time it has to keep the least rate. */
    @WithDefault("PT10S")
    Duration graceTimeout();

    /** How long a body may take in all. Time in which the server itself did not read does not count. */
    @WithDefault("PT2M")
    Duration timeout();

    /** How long a body may wait for memory, unread, in all, before its request is answered with a 503. */
    @WithDefault("PT1M")
    Duration memoryTimeout();

    /** How much of large bodies is in memory while they arrive; an eighth of the heap where it is not set. */
    Optional<MemorySize> memory();
}
