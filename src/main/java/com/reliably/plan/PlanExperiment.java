package com.reliably.plan;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.util.UUID;

/** An experiment of a plan, in the order in which they were given. */
@Entity
@IdClass(PlanPosition.class)
@Table(name = "plan_experiment")
class PlanExperiment {

    @Id
    @Column(name = "plan_id")
    UUID planId;

    @Id
    int position;

    @Column(name = "experiment_id")
    UUID experimentId;

    protected PlanExperiment() {}

    PlanExperiment(UUID planId, int position, UUID experimentId) {
        this.planId = planId;
        this.position = position;
        this.experimentId = experimentId;
    }
}
