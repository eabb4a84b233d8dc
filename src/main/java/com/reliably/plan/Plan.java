package com.reliably.plan;

import com.reliably.web.JsonColumn;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;

/** A plan as it is stored; its experiments and integrations are rows of their own. */
@Entity
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

    PlanCondition condition() {
        return new PlanCondition(PlanStatus.of(status), error);
    }

    void set(PlanCondition condition) {
        status = condition.status().toString();
        error = condition.error();
    }
}
