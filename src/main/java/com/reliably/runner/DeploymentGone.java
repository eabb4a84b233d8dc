package com.reliably.runner;

/** The deployment of a run was deleted, and its credentials with it. */
public final class DeploymentGone extends RuntimeException {

    public DeploymentGone() {
        super("The deployment of the run was deleted, and with it what is needed to reach its engine.");
    }
}
