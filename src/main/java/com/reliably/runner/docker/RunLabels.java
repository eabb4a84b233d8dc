package com.reliably.runner.docker;

import com.reliably.deployment.EngineAddress;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.Leftover;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What a container carries to say which run it is of, and what is to become of it: all that a server must know of it. */
final class RunLabels {

    static final String RUN = "reliably.com/run";

    private static final String PLAN = "reliably.com/plan";
    private static final String ORG = "reliably.com/org";
    private static final String ATTEMPT = "reliably.com/attempt";
    private static final String TIMEOUT = "reliably.com/timeout-seconds";
    private static final String GRACE = "reliably.com/grace-seconds";
    /** For a container whose label somebody left out: longer than anything runs. */
    private static final long NEVER = Duration.ofDays(36_500).toSeconds();

    private static final String KEEP = "reliably.com/keep-on-failure";

    private RunLabels() {}

    /** The labels of a run; the last three are those that the existing server sets. */
    static Map<String, String> of(LaunchRequest request, Duration timeout, Duration grace, boolean keep) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put(RUN, request.runId().toString());
        labels.put(PLAN, request.planId().toString());
        labels.put(ORG, request.orgId().toString());
        labels.put(ATTEMPT, Integer.toString(request.attempt()));
        labels.put(TIMEOUT, Long.toString(timeout.toSeconds()));
        labels.put(GRACE, Long.toString(grace.toSeconds()));
        labels.put(KEEP, Boolean.toString(keep));
        labels.put("app.kubernetes.io/managed-by", "reliably");
        labels.put("plan_id", request.planId().toString());
        labels.put("org_id", request.orgId().toString());
        labels.put(
                "user_id",
                request.requestedBy() == null ? "" : request.requestedBy().toString());
        return labels;
    }

    /** What a list of containers says of one that may be left over; empty for one that runs, or is kept. */
    static Optional<Leftover> leftover(ListedContainer listed, EngineAddress engine) {
        Map<String, String> labels = listed.labels();
        boolean kept = listed.state().equals("exited") && Boolean.parseBoolean(labels.get(KEEP));
        try {
            return !Set.of("created", "exited", "dead").contains(listed.state()) || kept
                    ? Optional.empty()
                    : Optional.of(new Leftover(
                            UUID.fromString(labels.getOrDefault(RUN, "")),
                            Integer.parseInt(labels.getOrDefault(ATTEMPT, "0")),
                            new ContainerReference(listed.id(), engine).toString()));
        } catch (IllegalArgumentException e) {
            // Somebody else's labels.
            return Optional.empty();
        }
    }

    static boolean isOf(Container container, UUID runId) {
        return container.label(RUN).equals(Optional.of(runId.toString()));
    }

    /** Which attempt to launch the run made this. */
    static int attempt(Container container) {
        return container.label(ATTEMPT).map(Integer::parseInt).orElse(0);
    }

    static Duration timeout(Container container) {
        return Duration.ofSeconds(container.label(TIMEOUT).map(Long::parseLong).orElse(NEVER));
    }

    static Duration grace(Container container) {
        return Duration.ofSeconds(container.label(GRACE).map(Long::parseLong).orElse(0L));
    }

    static boolean isKeptOnFailure(Container container) {
        return container.label(KEEP).map(Boolean::parseBoolean).orElse(false);
    }
}
