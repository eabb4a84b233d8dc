package com.reliably.run;

import jakarta.enterprise.context.ApplicationScoped;

/**
 * Tells this server that runs wait to be taken up, or to be ended, so that nobody waits for its next look at the
 * database. Only haste: what is not told is found at the next look, and by every other server at its own.
 */
@ApplicationScoped
public class RunWakeUp {

    private volatile Runnable look = () -> {};

    /** Has the database looked at right away. To be called after the commit of what there is to see; any thread. */
    public void look() {
        look.run();
    }

    void whenAsked(Runnable newLook) {
        look = newLook;
    }
}
