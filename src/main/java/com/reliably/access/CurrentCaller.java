package com.reliably.access;

import jakarta.enterprise.context.RequestScoped;

/** The caller of the current request, set by {@link AccessFilter} before any resource is reached. */
@RequestScoped
public class CurrentCaller {

    private Caller caller;

    /**
     * The caller.
     *
     * @throws IllegalStateException outside an authenticated request
     */
    public Caller get() {
        if (caller == null) {
            throw new IllegalStateException("This endpoint was reached without authentication");
        }
        return caller;
    }

    void set(Caller authenticated) {
        this.caller = authenticated;
    }
}
