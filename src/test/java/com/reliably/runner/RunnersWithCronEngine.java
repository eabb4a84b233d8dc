package com.reliably.runner;

import io.quarkus.arc.All;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The runners of a server that has {@link CronEngine} in place of whatever else is for its types. */
@Alternative
@Singleton
public class RunnersWithCronEngine {

    @Produces
    @Singleton
    Runners runners(@All List<Runner> others, CronEngine engine) {
        List<Runner> all = new ArrayList<>(others);
        all.removeIf(other -> !Collections.disjoint(other.types(), engine.types()));
        all.add(engine);
        return new Runners(all);
    }
}
