package com.reliably.start;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long the server has patience with its database. */
@ConfigMapping(prefix = "reliably.database")
public interface DatabaseSettings {

    /**
     * After how long without an answer a connection is given up, and with it what was asked on it. Longer than PostgreSQL
     * itself lets a statement take ({@code statement_timeout}, 12 s).
     */
    @WithDefault("PT15S")
    Duration answersWithin();

    /** How long a request waits for a connection when all are in use, before it is refused with 503. */
    @WithDefault("PT5S")
    Duration connectsWithin();
}
