package com.reliably.log;

import jakarta.inject.Singleton;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.MDC;

/**
 * Puts into every line of the log what it is about: {@code org_id}, {@code plan_id} and {@code run_id}. They hang on the
 * Vert.x context, and go with it to worker threads and back; outside any context they hang on the thread.
 */
@Singleton
public final class LogIds {

    private static final String ORG = "org_id";
    private static final String PLAN = "plan_id";
    private static final String RUN = "run_id";
    /** All of them as the text format of the console shows them, which cannot leave out what is not there. */
    private static final String TEXT = "ids";

    private final boolean text;

    LogIds(@ConfigProperty(name = "quarkus.log.console.json.enabled") boolean json) {
        this.text = !json;
    }

    /** From here on, on this context, everything is about a run. */
    public void begin(UUID orgId, UUID planId, UUID runId) {
        put(orgId, planId);
        MDC.put(RUN, runId);
        if (text) {
            MDC.put(TEXT, "[org " + orgId + ", plan " + planId + ", run " + runId + "] ");
        }
    }

    /** From here on, on this context, everything is about a plan. */
    public void begin(UUID orgId, UUID planId) {
        put(orgId, planId);
        if (text) {
            MDC.put(TEXT, "[org " + orgId + ", plan " + planId + "] ");
        }
    }

    /** What is logged by this is about a plan. */
    public void during(UUID orgId, UUID planId, Runnable work) {
        put(orgId, planId);
        if (text) {
            MDC.put(TEXT, "[org " + orgId + ", plan " + planId + "] ");
        }
        try {
            work.run();
        } finally {
            MDC.remove(ORG);
            MDC.remove(PLAN);
            MDC.remove(TEXT);
        }
    }

    private static void put(UUID orgId, UUID planId) {
        MDC.put(ORG, orgId);
        MDC.put(PLAN, planId);
    }
}
