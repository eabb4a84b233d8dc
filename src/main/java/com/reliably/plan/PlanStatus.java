package com.reliably.plan;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How a plan is doing, in the words of the wire. {@link PlanStatusRule} says which follows from what. */
@Schema(
        name = "PlanStatus",
        enumeration = {
            "creating",
            "created",
            "running",
            "completed",
            "iteration completed",
            "error",
            "creation error",
            "deleting",
            "deleted",
            "deletion error",
            "suspending",
            "suspended",
            "resuming",
            "suspend_error",
            "resuming_error"
        })
public enum PlanStatus {
    CREATING("creating"),
    CREATED("created"),
    RUNNING("running"),
    COMPLETED("completed"),
    ITERATION_COMPLETED("iteration completed"),
    ERROR("error"),
    CREATION_ERROR("creation error"),
    DELETING("deleting"),
    DELETED("deleted"),
    DELETION_ERROR("deletion error"),
    SUSPENDING("suspending"),
    SUSPENDED("suspended"),
    RESUMING("resuming"),
    SUSPEND_ERROR("suspend_error"),
    RESUMING_ERROR("resuming_error");

    private final String wireName;

    PlanStatus(String wireName) {
        this.wireName = wireName;
    }

    /** Whether the client that ran the plan has said how it ended. */
    boolean isVerdict() {
        return this == COMPLETED || this == ITERATION_COMPLETED || this == ERROR;
    }

    /** Whether a plan that is so is suspended, or is to be. */
    boolean isSuspension() {
        return this == SUSPENDED || this == SUSPENDING || this == SUSPEND_ERROR;
    }

    /** The wire's and the database's name. */
    @JsonValue
    @Override
    public String toString() {
        return wireName;
    }

    static PlanStatus of(String stored) {
        return valueOf(stored.toUpperCase(Locale.ROOT).replace(' ', '_'));
    }
}
