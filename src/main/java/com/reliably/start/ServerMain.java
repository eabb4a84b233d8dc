package com.reliably.start;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Starts the server: first what it needs to run with nothing configured (a data directory, keys, a database), then
 * Quarkus. PostgreSQL is started before Quarkus and stopped after it, so that no request finds it gone.
 */
@QuarkusMain
public final class ServerMain {

    private static final int SHUTDOWN_SECONDS = 60;

    /** Kept, because java.util.logging forgets the level of a logger that nobody holds. */
    private static final Logger DATABASE_LOG = Logger.getLogger("io.zonky.test.db.postgres.embedded");

    ServerMain() {}

    /** Exit codes: 0 stopped as asked, 1 could not start; the reason is on standard error. */
    public static void main(String... args) {
        DATABASE_LOG.setLevel(Level.WARNING);
        try {
            LocalResources.prepare();
        } catch (StartFailure e) {
            System.err.println("The server cannot start: " + e.getMessage());
            System.exit(1);
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> await(stopped), "wait-for-database"));
        Quarkus.run(
                null,
                (exitCode, cause) -> {
                    if (cause != null) {
                        System.err.println("The server cannot start: " + rootOf(cause).getMessage());
                    }
                    LocalResources.release();
                    stopped.countDown();
                    System.exit(exitCode);
                },
                args);
    }

    private static void await(CountDownLatch stopped) {
        try {
            if (!stopped.await(SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
                LocalResources.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }
}
