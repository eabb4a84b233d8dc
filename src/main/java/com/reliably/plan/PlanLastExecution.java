package com.reliably.plan;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.Immutable;

/** The time when a plan that is not deleted was last executed. Triggers write it (V14__last_executions.sql). */
@Entity
@Immutable
@Table(name = "plan_last_execution")
class PlanLastExecution {

    /** The plan's. */
    @Id
    @Column(name = "plan_id")
    UUID id;

    @Column(name = "org_id")
    UUID orgId;

    /** The plan's. */
    @Column(name = "created_at")
    Instant createdAt;

    /** Null while it never was. */
    @Column(name = "last_execution_at")
    Instant lastExecutionAt;
}
