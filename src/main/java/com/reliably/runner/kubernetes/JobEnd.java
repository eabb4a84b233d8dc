package com.reliably.runner.kubernetes;

import com.reliably.runner.RunnerEvent.Ended;
import com.reliably.runner.RunnerEvent.How;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What the end of a run's Pod and Job means. A run is over when its first container has ended, whatever its other
 * containers do.
 *
 * @param job       as it was last seen
 * @param jobGone   whether the cluster has it no more
 * @param pod       as it was last seen; null where none was
 * @param podThere  whether the cluster still has the Pod
 * @param lastCause why the Pod did not begin, as far as known; null where nothing is
 * @param serverUrl how the Pod was to reach this server
 * @param now       the time
 */
record JobEnd(Job job, boolean jobGone, Pod pod, boolean podThere, String lastCause, String serverUrl, Instant now) {

    /** How long an ending Pod may outlast its own grace before its node counts as gone. */
    private static final Duration NODE_ANSWERS_WITHIN = Duration.ofMinutes(2);
    /** How long the reason for an end from outside may take to be told. */
    private static final Duration REASON_TOLD_WITHIN = Duration.ofSeconds(5);

    private static final String TIMEOUT = "RELIABLY_KUBERNETES_TIMEOUT";

    /** What a container ends with that could not be begun. */
    private static final Set<String> NEVER_BEGAN = Set.of("StartError", "ContainerCannotRun", "CreateContainerError");

    /** Whether the client was or is being executed. */
    boolean hasStarted() {
        return running() || terminated().filter(end -> !neverBegan(end)).isPresent();
    }

    /** Whether the client is being executed. */
    boolean running() {
        return status().filter(
                        status -> status.getState() != null && status.getState().getRunning() != null)
                .isPresent();
    }

    /** How the run has ended; empty where it has not, as far as known. */
    Optional<Ended> end() {
        Optional<ContainerStateTerminated> terminated = terminated();
        if (terminated.isPresent()) {
            return ofContainer(terminated.get());
        }
        if (pod != null && podThere) {
            return ofPod();
        }
        return ofJob();
    }

    private Optional<Ended> ofContainer(ContainerStateTerminated end) {
        int code = end.getExitCode() == null ? -1 : end.getExitCode();
        if (neverBegan(end)) {
            return unprepared("The container '" + clientName() + "' could not be begun: " + said(end.getMessage())
                    + ". Its image's entrypoint, or the manifest's 'command', has to be the Reliably CLI.");
        }
        if (isCancelled()) {
            return Optional.of(new Ended(How.CANCELLED, code, null));
        }
        if (hasCondition("DeadlineExceeded")) {
            return Optional.of(Ended.tookTooLong(code, TIMEOUT));
        }
        if (code == 0) {
            return endedWell();
        }
        if ("OOMKilled".equals(end.getReason())) {
            return exited(
                    code,
                    "The container '" + clientName() + "' was killed because it needed more memory than it may have"
                            + memoryLimit() + ". Use a manifest of your own with a higher limit.");
        }
        if ("ContainerStatusUnknown".equals(end.getReason())) {
            return Optional.of(new Ended(
                    How.VANISHED,
                    null,
                    "The node '" + pod.getSpec().getNodeName()
                            + "' was lost, so how the experiment ended is not known."));
        }
        Optional<String> outside = outsideCause();
        if (outside.isPresent()) {
            return exited(code, outside.get());
        }
        if (!wasDeletedBefore(end)) {
            return exited(code, null);
        }
        // Whether its time was over, or somebody deleted it: the Job says so in a moment.
        return isFinished() || jobGone || isLongAgo(end) ? exited(code, deletedFromOutside()) : Optional.empty();
    }

    /** Whether somebody had asked for the Pod's end when its container ended. */
    private boolean wasDeletedBefore(ContainerStateTerminated end) {
        if (pod.getMetadata().getDeletionTimestamp() == null) {
            return false;
        }
        try {
            Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
            Instant asked =
                    Instant.parse(pod.getMetadata().getDeletionTimestamp()).minusSeconds(grace == null ? 0 : grace);
            // Whole seconds, both.
            return end.getFinishedAt() == null
                    || !Instant.parse(end.getFinishedAt()).plusSeconds(1).isBefore(asked);
        } catch (DateTimeException e) {
            return true;
        }
    }

    private boolean isLongAgo(ContainerStateTerminated end) {
        try {
            return end.getFinishedAt() != null
                    && Instant.parse(end.getFinishedAt())
                            .plus(REASON_TOLD_WITHIN)
                            .isBefore(now);
        } catch (DateTimeException e) {
            return true;
        }
    }

    private Optional<Ended> ofPod() {
        if ("Failed".equals(pod.getStatus().getPhase())) {
            if (isGivenUp()) {
                return ofJob();
            }
            String why = outsideCause().orElseGet(() -> failedBeforeItBegan()
                    .orElse("The Pod failed: " + said(pod.getStatus().getReason()) + " "
                            + said(pod.getStatus().getMessage())));
            return hasStarted() ? Optional.of(new Ended(How.VANISHED, null, why)) : unprepared(why);
        }
        if (isBeingDeleted() && deletedLongAgo()) {
            return Optional.of(new Ended(
                    How.VANISHED,
                    null,
                    "The node '" + pod.getSpec().getNodeName() + "' does not answer, so how the experiment ended is not"
                            + " known. What still runs there ends when the node comes back."));
        }
        return Optional.empty();
    }

    private Optional<Ended> ofJob() {
        if (isCancelled()) {
            return Optional.of(new Ended(How.CANCELLED, null, null));
        }
        Optional<String> givenUp = Marks.annotation(job, Marks.GIVEN_UP);
        if (givenUp.isPresent()) {
            return unprepared(givenUp.get());
        }
        if (hasCondition("DeadlineExceeded")) {
            return hasStarted()
                    ? Optional.of(Ended.tookTooLong(null, TIMEOUT))
                    : unprepared("The Pod did not begin within the time that the run may take"
                            + (lastCause == null ? "." : ": " + lastCause));
        }
        if (hasCompleted()) {
            return endedWell();
        }
        if (isFinished()) {
            return Optional.of(new Ended(
                    How.VANISHED,
                    null,
                    outsideCause().orElseGet(this::deletedFromOutside) + " How it ended is not known."));
        }
        if (jobGone) {
            return Optional.of(new Ended(
                    How.VANISHED,
                    null,
                    "The Job '" + job.getMetadata().getName()
                            + "' was deleted in the cluster by somebody else, and the run" + " with it."));
        }
        return Optional.empty();
    }

    private Optional<String> failedBeforeItBegan() {
        return pod.getStatus().getInitContainerStatuses().stream()
                .filter(status -> status.getState() != null
                        && status.getState().getTerminated() != null
                        && status.getState().getTerminated().getExitCode() != null
                        && status.getState().getTerminated().getExitCode() != 0)
                .findFirst()
                .map(status -> "The init container '" + status.getName() + "' ended with exit code "
                        + status.getState().getTerminated().getExitCode()
                        + ", so that the experiment was not begun. Mend it in the deployment's manifest.");
    }

    /** What ended the Pod from outside, where the Pod says so. */
    private Optional<String> outsideCause() {
        if (pod == null) {
            return Optional.empty();
        }
        if ("Evicted".equals(pod.getStatus().getReason())) {
            return Optional.of("The Pod was evicted by its node '"
                    + pod.getSpec().getNodeName() + "': "
                    + said(pod.getStatus().getMessage()) + ". Give it requests and limits that fit, or the node more"
                    + " room.");
        }
        return pod.getStatus().getConditions().stream()
                .filter(condition ->
                        "DisruptionTarget".equals(condition.getType()) && "True".equals(condition.getStatus()))
                .findFirst()
                .map(this::disruption);
    }

    private String disruption(PodCondition condition) {
        String node = pod.getSpec().getNodeName();
        return switch (String.valueOf(condition.getReason())) {
            case "PreemptionByScheduler" ->
                "The Pod had to make room for one of a higher priority on node '" + node
                        + "'. Give it a 'priorityClassName' in a manifest of your own.";
            case "DeletionByTaintManager" ->
                "The Pod was ended because its node '" + node + "' was lost or tainted: " + said(condition.getMessage())
                        + ".";
            case "EvictionByEvictionAPI" ->
                "The Pod was evicted from node '" + node
                        + "' (a drain?). A PodDisruptionBudget or the annotation of your autoscaler keeps Pods that"
                        + " run experiments.";
            default -> "The Pod was ended by the cluster: " + said(condition.getMessage()) + ".";
        };
    }

    private String deletedFromOutside() {
        return "The Pod was deleted in the cluster by somebody else while the experiment ran.";
    }

    private boolean deletedLongAgo() {
        try {
            // The deletion's time is when the grace ends.
            return Instant.parse(pod.getMetadata().getDeletionTimestamp())
                    .plus(NODE_ANSWERS_WITHIN)
                    .isBefore(now);
        } catch (DateTimeException e) {
            return false;
        }
    }

    private boolean isBeingDeleted() {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    boolean isCancelled() {
        return Marks.has(job, Marks.CANCELLED);
    }

    private boolean hasCondition(String reason) {
        return job.getStatus() != null
                && job.getStatus().getConditions().stream()
                        .anyMatch(condition -> isTrue(condition) && reason.equals(condition.getReason()));
    }

    private boolean hasCompleted() {
        return job.getStatus() != null
                && job.getStatus().getConditions().stream()
                        .anyMatch(condition -> isTrue(condition) && "Complete".equals(condition.getType()));
    }

    /** Whether the Job's controller is done with it, or about to be. */
    private boolean isFinished() {
        return isFinished(job)
                || job.getStatus() != null
                        && job.getStatus().getConditions().stream()
                                .anyMatch(
                                        condition -> isTrue(condition) && "FailureTarget".equals(condition.getType()));
    }

    /** Whether the Job is complete or has failed. */
    static boolean isFinished(Job job) {
        return job.getStatus() != null
                && job.getStatus().getConditions().stream()
                        .anyMatch(condition -> isTrue(condition)
                                && Set.of("Complete", "Failed").contains(condition.getType()));
    }

    private static boolean isTrue(JobCondition condition) {
        return "True".equals(condition.getStatus());
    }

    private static boolean neverBegan(ContainerStateTerminated end) {
        return end.getReason() != null && NEVER_BEGAN.contains(end.getReason());
    }

    private Optional<ContainerStateTerminated> terminated() {
        return status().filter(status -> !wasNeverMade(status))
                .map(ContainerStatus::getState)
                .map(state -> state.getTerminated());
    }

    /** A Pod that is removed while it waits gets the same state as one whose node was lost, but it never had a container. */
    private boolean wasNeverMade(ContainerStatus status) {
        ContainerStateTerminated end =
                status.getState() == null ? null : status.getState().getTerminated();
        return isGivenUp()
                && end != null
                && "ContainerStatusUnknown".equals(end.getReason())
                && (status.getContainerID() == null || status.getContainerID().isBlank());
    }

    private boolean isGivenUp() {
        return Marks.has(job, Marks.GIVEN_UP);
    }

    private Optional<ContainerStatus> status() {
        return pod == null
                ? Optional.empty()
                : pod.getStatus().getContainerStatuses().stream()
                        .filter(status -> status.getName().equals(clientName()))
                        .findFirst();
    }

    /** The name of the container that runs the CLI. */
    String clientName() {
        return job.getSpec().getTemplate().getSpec().getContainers().get(0).getName();
    }

    private String memoryLimit() {
        return job.getSpec().getTemplate().getSpec().getContainers().stream()
                .limit(1)
                .filter(container -> container.getResources() != null
                        && container.getResources().getLimits() != null)
                .map(container -> container.getResources().getLimits().get("memory"))
                .filter(limit -> limit != null)
                .map(Quantity::toString)
                .map(limit -> " (" + limit + ")")
                .findFirst()
                .orElse("");
    }

    private Optional<Ended> endedWell() {
        return Optional.of(Ended.well(
                "The first container has to run the Reliably CLI, by its image's entrypoint or the manifest's 'command'",
                serverUrl,
                "RELIABLY_KUBERNETES_CALLBACK_URL"));
    }

    private static Optional<Ended> unprepared(String why) {
        return Optional.of(new Ended(How.UNPREPARED, null, why));
    }

    private static Optional<Ended> exited(int code, String error) {
        return Optional.of(new Ended(How.EXITED, code, error));
    }

    private static String said(String message) {
        String text = message == null ? "" : message.replaceAll("\\s+", " ").strip();
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }
}
