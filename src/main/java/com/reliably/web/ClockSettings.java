package com.reliably.web;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** The server's clock. */
@ConfigMapping(prefix = "reliably.clock")
public interface ClockSettings {

    /**
     * A file with an ISO-8601 duration such as {@code PT2H} or {@code -PT2H}, by which this server's clock is put forward or
     * back for as long as it stands there: to see, in a drill, what a wrong clock does. The host's own where it is not set.
     */
    Optional<Path> offsetFile();
}
