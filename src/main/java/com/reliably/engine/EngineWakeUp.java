package com.reliably.engine;

import jakarta.enterprise.context.ApplicationScoped;

/**
 * Tells this server that schedules at engines have to be brought in step. Only haste: what is not told is found at the
 * next look, and by every other server at its own.
 */
@ApplicationScoped
public class EngineWakeUp {

    private volatile Runnable look = () -> {};

    /** Has the database looked at right away. To be called after the commit of what there is to see; any thread. */
    public void look() {
        look.run();
    }

    void whenAsked(Runnable newLook) {
        look = newLook;
    }
}
