package com.reliably.outbound;

import java.io.IOException;

/**
 * Something nearby, as on this machine, did not answer as it should. Why is not said, to nobody: it would tell people without
 * access to this machine what listens on it.
 */
public final class NearbyFailure extends IOException {

    private static final long serialVersionUID = 1L;

    NearbyFailure() {
        super("nothing is said of what is near to this server");
    }
}
