package com.reliably.runner.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Labels and annotations of what this server makes in clusters. The first five labels are the documented ones. */
final class Marks {

    static final String PLAN = "reliably.com/plan";
    static final String ORG = "reliably.com/org";
    static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    static final String COMPONENT = "app.kubernetes.io/component";
    static final String NAME = "app.kubernetes.io/name";
    /** The run, where it is one that this server launched. */
    static final String RUN = "reliably.com/run";

    static final String US = "reliably";

    /** Which attempt made the Job. */
    static final String ATTEMPT = "reliably.com/attempt";
    /** Which call of launch made the Job: what begins it must still be that call. */
    static final String LAUNCH = "reliably.com/launch";
    /** The Job was let begin: from then on its run is never launched again. */
    static final String BEGUN = "reliably.com/begun";
    /** Somebody asked for the end of the run. */
    static final String CANCELLED = "reliably.com/cancelled";
    /** The Pod did not begin in time, and will not any more; the value says why it did not. */
    static final String GIVEN_UP = "reliably.com/given-up";

    /** When a CronJob's schedule said that the Job should run (Kubernetes sets it). */
    static final String SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";

    /** Who we are to the API server: owner of the fields that we set. */
    static final String FIELD_MANAGER = "reliably-server";

    private Marks() {}

    /** The documented labels. */
    static Map<String, String> labels(UUID orgId, UUID planId) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put(PLAN, planId.toString());
        labels.put(ORG, orgId.toString());
        labels.put(MANAGED_BY, US);
        labels.put(COMPONENT, "experiment");
        labels.put(NAME, "plan-" + planId);
        return labels;
    }

    static Optional<String> label(HasMetadata resource, String name) {
        Map<String, String> labels = resource.getMetadata().getLabels();
        return labels == null ? Optional.empty() : Optional.ofNullable(labels.get(name));
    }

    static Optional<String> annotation(HasMetadata resource, String name) {
        Map<String, String> annotations = resource.getMetadata().getAnnotations();
        return annotations == null ? Optional.empty() : Optional.ofNullable(annotations.get(name));
    }

    static boolean has(HasMetadata resource, String annotation) {
        return annotation(resource, annotation).isPresent();
    }
}
