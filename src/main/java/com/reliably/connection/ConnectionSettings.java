package com.reliably.connection;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long clients may take on their connections. */
@ConfigMapping(prefix = "reliably.connections")
public interface ConnectionSettings {

    /** How long the line and the headers of a request may take, from their first byte on; the TLS handshake counts as well. */
    @WithDefault("PT20S")
    Duration headersTimeout();

    /** How long a client may take to read 64 KB of an answer, or what is left of it. */
    @WithDefault("PT30S")
    Duration answerTimeout();
}
