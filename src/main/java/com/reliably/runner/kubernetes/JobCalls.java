package com.reliably.runner.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is asked of API servers, one call each. */
@Singleton
final class JobCalls {

    private static final int GONE = 404;

    private final ClusterWork work;
    private final ObjectMapper json;

    JobCalls(ClusterWork work, ObjectMapper json) {
        this.work = work;
        this.json = json;
    }

    Uni<Optional<Job>> get(KubernetesClient client, JobReference reference) {
        return work.call(
                client,
                () -> Optional.ofNullable(client.batch()
                        .v1()
                        .jobs()
                        .inNamespace(reference.namespace())
                        .withName(reference.job())
                        .get()));
    }

    /** Fails where one of that name is there. */
    Uni<Job> create(KubernetesClient client, Job job) {
        return work.call(client, () -> client.resource(job).create());
    }

    /** Has the API server look at it as if it were made; nothing is. */
    Uni<Void> tryOut(KubernetesClient client, Job job) {
        return work.call(client, () -> client.resource(job).dryRun().create()).replaceWithVoid();
    }

    /** The same for the Pod that the Job would make, which admission may look at more closely. */
    Uni<Void> tryOutPod(KubernetesClient client, Job job) {
        Pod pod = new PodBuilder()
                .withMetadata(new ObjectMetaBuilder(job.getSpec().getTemplate().getMetadata())
                        .withGenerateName(job.getMetadata().getGenerateName())
                        .withNamespace(job.getMetadata().getNamespace())
                        .build())
                .withSpec(job.getSpec().getTemplate().getSpec())
                .build();
        return work.call(client, () -> client.resource(pod).dryRun().create()).replaceWithVoid();
    }

    Uni<Secret> create(KubernetesClient client, Secret secret) {
        return work.call(client, () -> client.resource(secret).create());
    }

    /** Lets a Job begin, if it is still the one that this launch has made. */
    Uni<Void> begin(KubernetesClient client, JobReference reference, String launch) {
        return patch(
                client,
                reference,
                PatchType.JSON,
                List.of(
                        Map.of("op", "test", "path", "/metadata/annotations/reliably.com~1launch", "value", launch),
                        Map.of("op", "add", "path", "/metadata/annotations/reliably.com~1begun", "value", "true"),
                        Map.of("op", "replace", "path", "/spec/suspend", "value", false)));
    }

    /** Has the Pod of a Job ended gracefully; the Job makes no other. */
    Uni<Void> cancel(KubernetesClient client, JobReference reference) {
        return suspend(client, reference, Map.of(Marks.CANCELLED, "true"));
    }

    /** The same for one that did not begin, and is not to. */
    Uni<Void> giveUp(KubernetesClient client, JobReference reference, String why) {
        return suspend(client, reference, Map.of(Marks.GIVEN_UP, why));
    }

    /** A Job that is suspended deletes its Pods, which then get their grace. */
    private Uni<Void> suspend(KubernetesClient client, JobReference reference, Map<String, String> annotations) {
        return patch(
                client,
                reference,
                PatchType.JSON_MERGE,
                Map.of("metadata", Map.of("annotations", annotations), "spec", Map.of("suspend", true)));
    }

    private Uni<Void> patch(KubernetesClient client, JobReference reference, PatchType type, Object patch) {
        PatchContext context = new PatchContext.Builder()
                .withPatchType(type)
                .withFieldManager(Marks.FIELD_MANAGER)
                .build();
        String text = write(patch);
        return work.call(client, () -> client.batch()
                        .v1()
                        .jobs()
                        .inNamespace(reference.namespace())
                        .withName(reference.job())
                        .patch(context, text))
                .replaceWithVoid();
    }

    private String write(Object patch) {
        try {
            return json.writeValueAsString(patch);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A patch cannot be written", e);
        }
    }

    /** Removes a Job and, by ownership, its Secret and Pods. Succeeds where it is gone. */
    Uni<Void> delete(KubernetesClient client, JobReference reference) {
        return work.call(client, () -> client.batch()
                        .v1()
                        .jobs()
                        .inNamespace(reference.namespace())
                        .withName(reference.job())
                        .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                        .delete())
                .replaceWithVoid();
    }

    /** Removes a Job, and what it owns, if nothing of it has changed since it was looked at; whether it was removed. */
    Uni<Boolean> deleteUnchanged(KubernetesClient client, Job job) {
        return work.call(client, () -> {
                    client.resource(job)
                            .lockResourceVersion(job.getMetadata().getResourceVersion())
                            .delete();
                    return true;
                })
                .onFailure(failure -> ClusterFault.of(failure, "").kind() == ClusterFault.Kind.CONFLICT)
                .recoverWithItem(false);
    }

    /** Removes a Pod without waiting for its node. */
    Uni<Void> deleteForcibly(KubernetesClient client, Pod pod) {
        return work.call(client, () -> client.resource(pod).withGracePeriod(0).delete())
                .replaceWithVoid();
    }

    Uni<Optional<CronJob>> get(KubernetesClient client, CronReference reference) {
        return work.call(
                client,
                () -> Optional.ofNullable(client.batch()
                        .v1()
                        .cronjobs()
                        .inNamespace(reference.namespace())
                        .withName(reference.cronJob())
                        .get()));
    }

    /** Makes it so, or leaves it so; what others have changed of our fields is ours again. */
    Uni<CronJob> apply(KubernetesClient client, CronJob cronJob) {
        return work.call(client, () -> client.resource(cronJob)
                .fieldManager(Marks.FIELD_MANAGER)
                .forceConflicts()
                .serverSideApply());
    }

    Uni<Secret> apply(KubernetesClient client, Secret secret) {
        return work.call(client, () -> client.resource(secret)
                .fieldManager(Marks.FIELD_MANAGER)
                .forceConflicts()
                .serverSideApply());
    }

    /** Removes a CronJob and, by ownership, everything of it. Succeeds where it is gone. */
    Uni<Void> delete(KubernetesClient client, CronReference reference) {
        return work.call(client, () -> client.batch()
                        .v1()
                        .cronjobs()
                        .inNamespace(reference.namespace())
                        .withName(reference.cronJob())
                        .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                        .delete())
                .replaceWithVoid();
    }

    static boolean isGone(Throwable failure) {
        return failure instanceof KubernetesClientException answer && answer.getCode() == GONE;
    }
}
