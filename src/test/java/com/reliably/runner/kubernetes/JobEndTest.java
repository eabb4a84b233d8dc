package com.reliably.runner.kubernetes;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.RunnerEvent.Ended;
import com.reliably.runner.RunnerEvent.How;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Ends that are hard to bring about on a cluster of one node; {@link KubernetesFailuresIT} has the others, for real. */
class JobEndTest {

    private static final Instant NOW = Instant.parse("2026-11-25T18:00:00Z");
    private static final String SERVER = "https://reliably.example";

    @Test
    void anExitCodeIsTheClients() {
        assertEquals(
                Optional.of(new Ended(How.EXITED, 1, null)),
                end(job(), terminated(1, "Error").build(), true));
    }

    @Test
    void aClientThatEndsWellIsToldWhatToDoShouldItHaveReportedNothing() {
        Ended ended = end(job(), terminated(0, "Completed").build(), true).orElseThrow();
        assertEquals(How.EXITED, ended.how());
        assertEquals(0, ended.exitCode());
        assertTrue(
                ended.error().contains("no execution was reported")
                        && ended.error().contains(SERVER)
                        && ended.error().contains("RELIABLY_KUBERNETES_CALLBACK_URL"),
                ended.error());
    }

    @Test
    void theOtherContainersDoNotMatter() {
        Pod pod = new PodBuilder(pod().build())
                .editStatus()
                .addNewContainerStatus()
                .withName("sidecar")
                .withNewState()
                .withNewTerminated()
                .withExitCode(3)
                .endTerminated()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();
        assertEquals(Optional.empty(), end(job(), pod, true));
    }

    @Test
    void anEvictionSaysSo() {
        Pod pod = terminated(137, "Error")
                .editStatus()
                .withPhase("Failed")
                .withReason("Evicted")
                .withMessage("The node was low on resource: memory.")
                .endStatus()
                .build();
        Ended ended = end(job(), pod, true).orElseThrow();
        assertEquals(How.EXITED, ended.how());
        assertThat(ended.error(), containsString("evicted by its node 'node1': The node was low on resource: memory"));
    }

    @Test
    void anEvictionBeforeItBeganIsNoRun() {
        Pod pod = new PodBuilder(pod().build())
                .editStatus()
                .withPhase("Failed")
                .withReason("Evicted")
                .withMessage("no room")
                .endStatus()
                .build();
        assertEquals(How.UNPREPARED, end(job(), pod, true).orElseThrow().how());
    }

    @Test
    void aDrainSaysSo() {
        Pod pod = terminated(143, "Error")
                .editStatus()
                .addNewCondition()
                .withType("DisruptionTarget")
                .withStatus("True")
                .withReason("EvictionByEvictionAPI")
                .endCondition()
                .endStatus()
                .build();
        assertThat(end(job(), pod, true).orElseThrow().error(), containsString("evicted from node 'node1' (a drain?)"));
    }

    @Test
    void aLostNodeLosesTheRun() {
        Ended ended = end(job(), terminated(137, "ContainerStatusUnknown").build(), true)
                .orElseThrow();
        assertEquals(How.VANISHED, ended.how());
        assertThat(ended.error(), containsString("node 'node1' was lost"));
    }

    @Test
    void aPodThatIsGivenUpBeforeItHadAContainerIsNoRun() {
        Job givenUp = new JobBuilder(job())
                .editMetadata()
                .addToAnnotations(Marks.GIVEN_UP, "no image")
                .endMetadata()
                .build();
        PodBuilder pod = terminated(137, "ContainerStatusUnknown")
                .editStatus()
                .withPhase("Failed")
                .endStatus();
        assertEquals(Optional.of(new Ended(How.UNPREPARED, null, "no image")), end(givenUp, pod.build(), true));
        Pod begun = pod.editStatus()
                .editFirstContainerStatus()
                .withContainerID("containerd://1")
                .endContainerStatus()
                .endStatus()
                .build();
        assertEquals(How.VANISHED, end(givenUp, begun, true).orElseThrow().how());
    }

    @Test
    void aPodThatDoesNotEndOnASilentNodeIsGivenUp() {
        PodBuilder pod = new PodBuilder(pod().build())
                .editMetadata()
                .withDeletionTimestamp("2026-11-25T17:59:30Z")
                .endMetadata();
        assertEquals(Optional.empty(), end(job(), pod.build(), true));
        pod.editMetadata().withDeletionTimestamp("2026-11-25T17:50:00Z").endMetadata();
        Ended ended = end(job(), pod.build(), true).orElseThrow();
        assertEquals(How.VANISHED, ended.how());
        assertThat(ended.error(), containsString("'node1' does not answer"));
    }

    @Test
    void whatEndedBeforeItsPodWasDeletedEndedByItself() {
        Pod pod = terminated(1, "Error")
                .editMetadata()
                .withDeletionTimestamp("2026-11-25T17:59:59Z")
                .withDeletionGracePeriodSeconds(0L)
                .endMetadata()
                .build();
        assertNull(end(job(), pod, true).orElseThrow().error());
    }

    @Test
    void anEndByTheClockWaitsForTheJobToSaySo() {
        Pod pod = terminated(143, "Error")
                .editMetadata()
                .withDeletionTimestamp("2026-11-25T17:59:40Z")
                .withDeletionGracePeriodSeconds(30L)
                .endMetadata()
                .build();
        Instant soon = Instant.parse("2026-11-25T17:59:21Z");
        assertEquals(Optional.empty(), new JobEnd(job(), false, pod, true, null, SERVER, soon).end());
        Job late = new JobBuilder(job())
                .withNewStatus()
                .addNewCondition()
                .withType("FailureTarget")
                .withStatus("True")
                .withReason("DeadlineExceeded")
                .endCondition()
                .endStatus()
                .build();
        assertEquals(How.TIMED_OUT, end(late, pod, true).orElseThrow().how());
    }

    @Test
    void whatWasCancelledIsNotAFailure() {
        Job cancelled = new JobBuilder(job())
                .editMetadata()
                .addToAnnotations(Marks.CANCELLED, "true")
                .endMetadata()
                .build();
        assertEquals(
                How.CANCELLED,
                end(cancelled, terminated(143, "Error").build(), true)
                        .orElseThrow()
                        .how());
        assertEquals(How.CANCELLED, end(cancelled, null, false).orElseThrow().how());
    }

    @Test
    void aContainerThatCouldNotBeBegunHasNotStarted() {
        JobEnd state = new JobEnd(job(), false, terminated(128, "StartError").build(), true, null, SERVER, NOW);
        assertFalse(state.hasStarted());
        assertEquals(How.UNPREPARED, state.end().orElseThrow().how());
        assertTrue(new JobEnd(job(), false, terminated(0, "Completed").build(), true, null, SERVER, NOW).hasStarted());
    }

    private static Optional<Ended> end(Job job, Pod pod, boolean there) {
        return new JobEnd(job, false, pod, there, null, SERVER, NOW).end();
    }

    private static Job job() {
        return new JobBuilder()
                .withNewMetadata()
                .withName("job")
                .withNamespace("space")
                .addToAnnotations(Marks.BEGUN, "true")
                .endMetadata()
                .withNewSpec()
                .withNewTemplate()
                .withNewSpec()
                .addNewContainer()
                .withName("client")
                .withNewResources()
                .addToLimits(Map.of("memory", new Quantity("256Mi")))
                .endResources()
                .endContainer()
                .addNewContainer()
                .withName("sidecar")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }

    private static PodBuilder pod() {
        return new PodBuilder()
                .withNewMetadata()
                .withName("pod")
                .endMetadata()
                .withNewSpec()
                .withNodeName("node1")
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .endStatus();
    }

    private static PodBuilder terminated(int code, String reason) {
        return pod().editStatus()
                .addNewContainerStatus()
                .withName("client")
                .withNewState()
                .withNewTerminated()
                .withExitCode(code)
                .withReason(reason)
                .withFinishedAt("2026-11-25T17:59:20Z")
                .endTerminated()
                .endState()
                .endContainerStatus()
                .endStatus();
    }
}
