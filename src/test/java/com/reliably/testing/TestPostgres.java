package com.reliably.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.time.Duration;

/** A PostgreSQL of a test's own, with the patience that a busy machine needs: the library's is ten seconds. */
public final class TestPostgres {

    private static final Duration STARTS_WITHIN = Duration.ofMinutes(2);

    private TestPostgres() {}

    /** One that is still to be started. */
    public static EmbeddedPostgres.Builder builder() {
        return EmbeddedPostgres.builder().setPort(FreePort.any()).setPGStartupWait(STARTS_WITHIN);
    }
}
