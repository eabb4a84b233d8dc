package com.reliably.plan;
import io.smallrye.mutiny.Uni;
import java.util.*;
@jakarta.enterprise.context.ApplicationScoped
class TempRunPlans implements com.reliably.run.RunPlans {
  public Uni<com.reliably.run.RunnablePlan> runnable(UUID o, UUID p) { return Uni.createFrom().nullItem(); }
  public Uni<Void> runChanged(com.reliably.run.RunChange c) { return Uni.createFrom().voidItem(); }
}
