package com.reliably.runner.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A Job that runs no experiment: its Pod is like that of a run, with the same image, account and node, but does nothing
 * except ask this server something. Its other containers, its volumes and what it takes from Secrets are left out.
 */
final class ProbeJob {

    /** Asks without a token, so that this server, and nothing else, answers 401 with a problem. */
    private static final String PROGRAM = """
            import sys, urllib.error, urllib.request
            try:
                with urllib.request.urlopen(sys.argv[1], timeout=15) as answer:
                    said = "%d %s" % (answer.status, answer.headers.get("content-type"))
            except urllib.error.HTTPError as answer:
                said = "%d %s" % (answer.code, answer.headers.get("content-type"))
            except Exception as failure:
                said = "failed %s" % (getattr(failure, "reason", None) or failure)
            with open("/dev/termination-log", "w") as log:
                log.write(said[:500])
            """;

    private static final String EXPECTED = "401 application/problem+json";
    private static final long DEADLINE_SECONDS = 90;
    private static final int KEPT_SECONDS = 60;

    private ProbeJob() {}

    /** The Job, to be made with a name of its own. */
    static Job of(String name, String namespace, PodSpec run, String url) {
        return new JobBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .addToLabels(Marks.MANAGED_BY, Marks.US)
                .addToLabels(Marks.COMPONENT, "check")
                .endMetadata()
                .withNewSpec()
                .withBackoffLimit(0)
                .withActiveDeadlineSeconds(DEADLINE_SECONDS)
                // Should no server be left to remove it.
                .withTtlSecondsAfterFinished(KEPT_SECONDS)
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels(Marks.MANAGED_BY, Marks.US)
                .addToLabels(Marks.COMPONENT, "check")
                .endMetadata()
                .withSpec(new PodSpecBuilder(run)
                        .withContainers(container(run.getContainers().get(0), url))
                        .withInitContainers(List.of())
                        .withVolumes(List.of())
                        .withAutomountServiceAccountToken(false)
                        .withTerminationGracePeriodSeconds(1L)
                        .build())
                .endTemplate()
                .endSpec()
                .build();
    }

    private static Container container(Container run, String url) {
        return new ContainerBuilder()
                .withName(run.getName())
                .withImage(run.getImage())
                .withImagePullPolicy(run.getImagePullPolicy())
                .withSecurityContext(run.getSecurityContext())
                .withResources(run.getResources())
                .withEnv(run.getEnv().stream()
                        .filter(variable -> variable.getValueFrom() == null)
                        .toList())
                .withCommand("python3", "-c", PROGRAM, url)
                .build();
    }

    /** How the Pod ended; empty while it goes on. */
    static Optional<ContainerStateTerminated> end(Pod pod) {
        return pod.getStatus().getContainerStatuses().stream()
                .map(status -> status.getState().getTerminated())
                .filter(Objects::nonNull)
                .findFirst();
    }

    /** Whether the program said anything. */
    static boolean hasSpoken(ContainerStateTerminated end) {
        return end.getExitCode() == 0
                && end.getMessage() != null
                && !end.getMessage().isBlank();
    }

    /** Whether it was this server that answered. */
    static boolean hasReachedUs(ContainerStateTerminated end) {
        return end.getMessage().startsWith(EXPECTED);
    }
}
