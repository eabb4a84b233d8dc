package com.reliably.start;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** Where the server keeps things, and how it is reached. */
@ConfigMapping(prefix = "reliably")
public interface ServerSettings {

    /** The directory for everything that is kept on this host; {@code ~/.reliably} where it is not set. */
    Optional<Path> dataDir();

    /** How people, CI and runs reach the server; {@code http://localhost:<port>} where it is not set. */
    Optional<String> publicUrl();

    /** The first administrator's token, at least 32 characters; made by the server where it is not set. */
    Optional<String> bootstrapToken();
}
