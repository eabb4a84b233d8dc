package com.reliably.plan;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.schedule.CronSchedule;
import com.reliably.schedule.InvalidSchedule;
import com.reliably.web.JsonColumn;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;
import org.hibernate.annotations.DynamicUpdate;

/**
 * A plan as it is stored; its experiments and integrations are rows of their own.
 *
 * <p>Only what was changed is written back: {@code next_fire_at} moves on by itself while a run tells the plan how it is.
 */
@Entity
@DynamicUpdate
class Plan {

    @Id
    UUID id;

    @Column(name = "org_id")
    UUID orgId;

    String title;

    /** Null once the plan is deleted. */
    @Column(name = "deployment_id")
    UUID deploymentId;

    @Column(name = "environment_id")
    UUID environmentId;

    /** A {@link PlanTerms} as JSON. */
    @ColumnTransformer(read = JsonColumn.READ_PREFIX + "definition" + JsonColumn.READ_SUFFIX, write = JsonColumn.WRITE)
    String definition;

    /** Changed by every update, for clients that want to know whether they have seen this one. */
    String ref;

    /** The wire's name of a {@link PlanStatus}. */
    String status;

    String error;

    /** Null for a plan without a cron schedule. */
    @Column(name = "cron_pattern")
    String cronPattern;

    @Column(name = "cron_timezone")
    String cronTimezone;

    /** Null while nothing of ours has to fire. */
    @Column(name = "next_fire_at")
    Instant nextFireAt;

    @Column(name = "suspended_at")
    Instant suspendedAt;

    /** {@code none}, {@code latest} or {@code all}: what becomes of fires that came due while no server could run them. */
    @Column(name = "catch_up")
    String catchUp = "latest";

    /** How late a fire may be run; null: as the operator has set it. */
    @Column(name = "catch_up_window_seconds")
    Integer catchUpWindowSeconds;

    /** {@code forbid}, {@code allow} or {@code replace}: what becomes of a fire while a run of the plan goes on. */
    String overlap = "forbid";

    /** How long a run may take; null: as the operator has set it. */
    @Column(name = "timeout_seconds")
    Integer timeoutSeconds;

    /** How often a launch that failed is tried again. */
    @Column(name = "launch_retries")
    int launchRetries;

    @Column(name = "created_at")
    Instant createdAt;

    @Column(name = "created_by")
    UUID createdBy;

    @Column(name = "updated_at")
    Instant updatedAt;

    @Column(name = "deleted_at")
    Instant deletedAt;

    @Version
    int version;

    boolean isCron() {
        return cronPattern != null;
    }

    boolean isSuspended() {
        return suspendedAt != null;
    }

    /** Whether a fire has come that nothing was done about yet. */
    boolean isDue(Instant now) {
        return nextFireAt != null && !nextFireAt.isAfter(now);
    }

    /** The schedule of a cron plan. */
    CronSchedule schedule() {
        try {
            return CronSchedule.parse(cronPattern, cronTimezone);
        } catch (InvalidSchedule e) {
            // It was parsed before it was stored.
            throw new IllegalStateException("The stored schedule of plan " + id + " is not readable", e);
        }
    }

    /** When this server has to start it next; empty where it never has to. */
    Optional<Instant> nextFire(DeploymentDefinition deployment, Instant after) {
        return isCron() && !isSuspended() && FireKeeper.of(deployment) == FireKeeper.SERVER
                ? schedule().nextFire(after)
                : Optional.empty();
    }

    PlanCondition condition() {
        return new PlanCondition(PlanStatus.of(status), error);
    }

    void set(PlanCondition condition) {
        status = condition.status().toString();
        error = condition.error();
    }
}
