package com.reliably.runner.kubernetes;

import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Why the Pod of a run does not begin, in words, with what to do about it. */
final class PendingReason {

    private static final int LONGEST = 600;
    /** What a container waits for in the ordinary course of things. */
    private static final Set<String> ORDINARY = Set.of("ContainerCreating", "PodInitializing");

    private static final Set<String> IMAGE = Set.of(
            "ErrImagePull",
            "ImagePullBackOff",
            "ErrImageNeverPull",
            "InvalidImageName",
            "ImageInspectError",
            "RegistryUnavailable",
            "SignatureValidationFailed");

    private PendingReason() {}

    /** Whether only the events of the namespace can tell. */
    static boolean needsEvents(Pod pod) {
        return pod == null || statuses(pod).stream().noneMatch(PendingReason::isTelling) && isScheduled(pod);
    }

    /**
     * What holds up a run.
     *
     * @param pod      null where there is none
     * @param warnings the latest warning about each thing, by its uid
     * @return empty where nothing is known to
     */
    static Optional<String> of(Job job, Pod pod, Map<String, Event> warnings) {
        if (pod == null) {
            return Optional.ofNullable(warnings.get(job.getMetadata().getUid()))
                    .map(warning -> notCreated(job, shortened(warning.getMessage())));
        }
        Optional<PodCondition> unscheduled = pod.getStatus().getConditions().stream()
                .filter(condition ->
                        "PodScheduled".equals(condition.getType()) && "False".equals(condition.getStatus()))
                .findFirst();
        if (unscheduled.isPresent()) {
            return Optional.of(
                    "No node takes the Pod: " + shortened(unscheduled.get().getMessage())
                            + ". Make room for it, or change what its manifest asks for (resources, nodeSelector, tolerations,"
                            + " volumes).");
        }
        for (ContainerStatus status : statuses(pod)) {
            if (isTelling(status)) {
                return Optional.of(waiting(pod, status, status.getState().getWaiting()));
            }
        }
        return Optional.ofNullable(warnings.get(pod.getMetadata().getUid()))
                .filter(warning -> warning.getReason() != null
                        && (warning.getReason().startsWith("Failed")
                                || warning.getReason().startsWith("Network")))
                .map(warning -> "The Pod cannot be set up on its node: " + shortened(warning.getMessage())
                        + ". See that what its manifest mounts is there, and look at the node.");
    }

    private static String notCreated(Job job, String said) {
        String namespace = job.getMetadata().getNamespace();
        if (said.contains("exceeded quota")) {
            return "The quota of namespace '" + namespace + "' has no room for the Pod: " + said
                    + ". Raise the quota, free some of it, or lower what the Pod asks for.";
        }
        if (said.contains("must specify ") && said.contains("quota")) {
            return "The quota of namespace '" + namespace + "' wants more said of the Pod: " + said
                    + ". Use a manifest of your own that says it.";
        }
        if (said.contains("violates PodSecurity")) {
            return "The Pod Security level of namespace '" + namespace + "' does not admit the Pod: " + said
                    + ". Change the manifest, or the namespace's label pod-security.kubernetes.io/enforce.";
        }
        if (said.contains("service account") || said.contains("serviceaccount")) {
            String account = Optional.ofNullable(
                            job.getSpec().getTemplate().getSpec().getServiceAccountName())
                    .orElse("default");
            return "Namespace '" + namespace + "' has no service account '" + account + "'. Create it: kubectl -n "
                    + namespace + " create serviceaccount " + account + ".";
        }
        return "The cluster does not make the Pod: " + said + ".";
    }

    private static String waiting(Pod pod, ContainerStatus status, ContainerStateWaiting waiting) {
        String said = waiting.getMessage() == null ? "" : ": " + shortened(waiting.getMessage());
        if (IMAGE.contains(waiting.getReason())) {
            return "The image '" + imageOf(pod, status) + "' cannot be pulled (" + waiting.getReason() + ")" + said
                    + ". See that its name is right, and that the namespace may pull it (imagePullSecrets of the service"
                    + " account '" + pod.getSpec().getServiceAccountName() + "').";
        }
        return "The container '" + status.getName() + "' cannot begin (" + waiting.getReason() + ")" + said
                + ". See that its image and what its manifest names (Secrets, ConfigMaps, users) fit.";
    }

    private static String imageOf(Pod pod, ContainerStatus status) {
        return pod.getSpec().getContainers().stream()
                .filter(container -> container.getName().equals(status.getName()))
                .map(container -> container.getImage())
                .findFirst()
                .orElse(status.getImage());
    }

    private static boolean isTelling(ContainerStatus status) {
        return status.getState() != null
                && status.getState().getWaiting() != null
                && status.getState().getWaiting().getReason() != null
                && !ORDINARY.contains(status.getState().getWaiting().getReason());
    }

    private static boolean isScheduled(Pod pod) {
        return pod.getSpec().getNodeName() != null;
    }

    private static List<ContainerStatus> statuses(Pod pod) {
        List<ContainerStatus> all = new ArrayList<>(pod.getStatus().getInitContainerStatuses());
        all.addAll(pod.getStatus().getContainerStatuses());
        return all;
    }

    private static String shortened(String message) {
        String line = message == null ? "" : message.replaceAll("\\s+", " ").strip();
        String plain = line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
        return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST) + "…";
    }
}
