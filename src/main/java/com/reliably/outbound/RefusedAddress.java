package com.reliably.outbound;

/**
 * Nothing is connected to there. No {@link java.io.IOException}: to try again is of no use.
 */
public final class RefusedAddress extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RefusedAddress() {
        super("its address is in a network that is refused, or is one of this server's own", null, false, false);
    }
}
