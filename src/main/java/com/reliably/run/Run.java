package com.reliably.run;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.Instant;
import java.util.UUID;

/** One attempt to carry out a plan. The row exists before anything is started. */
@Entity
class Run {

    @Id
    UUID id;

    @Column(name = "org_id")
    UUID orgId;

    @Column(name = "plan_id")
    UUID planId;

    @Column(name = "deployment_id")
    UUID deploymentId;

    /** The wire's name of a {@link RunState}; changed only through {@link #become}. */
    String state;

    /** The wire's name of a {@link RunTrigger}. */
    String trigger;

    @Column(name = "nominal_time")
    Instant nominalTime;

    @Column(name = "created_at")
    Instant createdAt;

    @Column(name = "created_by")
    UUID createdBy;

    @Column(name = "claimed_at")
    Instant claimedAt;

    @Column(name = "started_at", insertable = false, updatable = false)
    Instant startedAt;

    @Column(name = "ended_at", insertable = false, updatable = false)
    Instant endedAt;

    String owner;

    @Column(name = "lease_until")
    Instant leaseUntil;

    int attempt;

    @Column(name = "external_reference")
    String externalReference;

    @Column(name = "external_url")
    String externalUrl;

    @Column(name = "exit_code")
    Integer exitCode;

    String error;

    @Column(name = "cancel_requested_at")
    Instant cancelRequestedAt;

    @Column(name = "cancel_requested_by")
    UUID cancelRequestedBy;

    /** The kind of its deployment; set by the database when the run is made. */
    @Column(name = "deployment_type", insertable = false, updatable = false)
    String deploymentType;

    /** Until when it waits for its next launch; null where none has failed. */
    @Column(name = "not_before", insertable = false, updatable = false)
    Instant notBefore;

    /** How often a launch of it has failed. */
    @Column(name = "launch_failures")
    int launchFailures;

    /** Where the output of the present attempt begins in the log. */
    @Column(name = "log_base")
    long logBase;

    /** How much of the output of the present attempt was taken over. */
    @Column(name = "log_read")
    long logRead;

    @Column(name = "log_kept")
    long logKept;

    RunState state() {
        return RunState.of(state);
    }

    /** When it was to be launched. */
    Instant due() {
        Instant asked = nominalTime == null ? createdAt : nominalTime;
        return notBefore == null || notBefore.isBefore(asked) ? asked : notBefore;
    }

    /** Goes over to another state; the database refuses a way that is not allowed, and notes the time. */
    RunChange become(RunState next, String why) {
        RunState before = state();
        state = next.toString();
        error = why;
        if (next.isFinal()) {
            leaseUntil = null;
        }
        return new RunChange(id, planId, orgId, before, next, why);
    }
}
