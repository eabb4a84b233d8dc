package com.reliably.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sentence of checks in which others than the server's host do not reach it. */
class ServerAddressTest {

    private static String said(String host) {
        return new ServerAddress(null, null, host).reachedFromThisHostOnly();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "localhost", "LocalHost.", "::1", "[::1]"})
    void itIsSaidOfLoopback(String host) {
        assertTrue(said(host).startsWith(" This server listens on " + host + " only"), said(host));
        assertTrue(said(host).contains("QUARKUS_HTTP_HOST"), said(host));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "10.0.0.1", "192.168.1.2", "server.example.com"})
    void andOfNothingElse(String host) {
        assertEquals("", said(host));
    }
}
