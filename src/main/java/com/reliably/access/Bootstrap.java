package com.reliably.access;

import java.security.SecureRandom;

/** Makes the first token, before there is anybody who could ask for one. */
public final class Bootstrap {

    private Bootstrap() {}

    /** A new token in clear. */
    public static String newToken() {
        return TokenHash.newToken(new SecureRandom());
    }

    /** What is stored of a token. */
    public static byte[] hash(String token) {
        return TokenHash.of(token);
    }
}
