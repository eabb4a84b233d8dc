package com.reliably.start;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * Starts the server: first what it needs to run with nothing configured (a data directory, keys, a database), then
 * Quarkus. PostgreSQL is started before Quarkus and stopped after it, so that no request finds it gone.
 */
@QuarkusMain
public final class ServerMain {

    /** The class loader of a packaged server; in development mode there is another. */
    private static final String PRODUCTION_LOADER = "io.quarkus.bootstrap.runner.RunnerClassLoader";

    ServerMain() {}

    /**
     * Runs until the process is told to stop.
     *
     * <p>Exit codes: 1 where the server could not start (the reason is on standard error), 143 after SIGTERM.
     */
    public static void main(String... args) {
        if (isDevelopment()) {
            runForDeveloper(args);
        } else {
            runForOperator(args);
        }
    }

    private static void runForOperator(String... args) {
        CountDownLatch stopped = new CountDownLatch(1);
        try {
            LocalResources.prepare(stopped);
        } catch (StartFailure e) {
            System.err.println("The server cannot start: " + e.getMessage());
            stopped.countDown();
            System.exit(1);
        }
        Quarkus.run(
                null,
                (exitCode, cause) -> {
                    if (cause != null) {
                        report(cause);
                    }
                    stopped.countDown();
                    System.exit(exitCode);
                },
                args);
    }

    /** Main runs again after each change of the code; what failed is shown by Quarkus, and is waited for to be mended. */
    private static void runForDeveloper(String... args) {
        if (!LocalResources.arePrepared()) {
            LocalResources.prepare(new CountDownLatch(0));
        }
        Quarkus.run(args);
    }

    private static boolean isDevelopment() {
        return !PRODUCTION_LOADER.equals(
                ServerMain.class.getClassLoader().getClass().getName());
    }

    private static void report(Throwable cause) {
        Optional<String> explanation = StartFailureExplanation.of(cause);
        if (explanation.isPresent()) {
            System.err.println("The server cannot start: " + explanation.get());
        } else {
            System.err.println("The server cannot start, and why is not a known case:");
            cause.printStackTrace();
        }
    }
}
