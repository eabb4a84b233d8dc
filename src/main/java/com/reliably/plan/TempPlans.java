package com.reliably.plan;
import io.smallrye.mutiny.Uni;
import java.util.*;
@jakarta.enterprise.context.ApplicationScoped
class TempPlans implements com.reliably.access.ReachSource, com.reliably.deployment.PlansOfDeployment,
    com.reliably.environment.PlansOfEnvironment, com.reliably.integration.PlansOfIntegration {
  public Uni<com.reliably.access.Reach> reachOf(UUID o, UUID p) { return Uni.createFrom().nullItem(); }
  public Uni<List<UUID>> plansOfDeployment(UUID o, UUID p) { return Uni.createFrom().item(List.of()); }
  public Uni<List<UUID>> plansOfEnvironment(UUID o, UUID p) { return Uni.createFrom().item(List.of()); }
  public Uni<List<UUID>> plansOfIntegration(UUID o, UUID p) { return Uni.createFrom().item(List.of()); }
}
