package com.reliably.testing;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for programs that are to be told theirs. They lie below those that systems give away by themselves, so that nobody is
 * given one between its choice and its use, or while its program is about to be started again.
 */
public final class FreePort {

    private static final int FIRST = 11_000;
    private static final int BEHIND_LAST = 26_000;
    private static final int TRIES = 1000;

    private FreePort() {}

    /** One that nobody listens at. */
    public static int any() {
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, BEHIND_LAST);
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                // The next one, then.
            }
        }
        throw new IllegalStateException("no port is free between " + FIRST + " and " + BEHIND_LAST);
    }
}
