package com.reliably.plan;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.util.UUID;

/** An integration of a plan, in the order in which they were given. */
@Entity
@IdClass(PlanPosition.class)
@Table(name = "plan_integration")
class PlanIntegration {

    @Id
    @Column(name = "plan_id")
    UUID planId;

    @Id
    int position;

    @Column(name = "integration_id")
    UUID integrationId;

    protected PlanIntegration() {}

    PlanIntegration(UUID planId, int position, UUID integrationId) {
        this.planId = planId;
        this.position = position;
        this.integrationId = integrationId;
    }
}
