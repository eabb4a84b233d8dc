package com.reliably.runner.kubernetes;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentTrial;
import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.kubernetes.cluster.ApiServerAnswer;
import com.reliably.runner.kubernetes.cluster.KubernetesClusters;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Has the API server look at the Job, and at the Pod, that a deployment would have made (a server-side dry run). What it
 * says of the manifest, or of the namespace, counts; that it is out of reach, or may not be asked, does not.
 */
@Singleton
final class ManifestTrial implements DeploymentTrial {

    private static final Logger LOG = Logger.getLogger(ManifestTrial.class);

    private static final int MALFORMED = 400;
    private static final int INVALID = 422;
    private static final int FORBIDDEN = 403;
    private static final int ABSENT = 404;

    private final KubernetesClusters clusters;
    private final JobObjects objects;
    private final JobCalls calls;
    private final KubernetesSettings settings;

    ManifestTrial(KubernetesClusters clusters, JobObjects objects, JobCalls calls, KubernetesSettings settings) {
        this.clusters = clusters;
        this.objects = objects;
        this.calls = calls;
        this.settings = settings;
    }

    @Override
    public Uni<Map<String, String>> refusals(UUID orgId, DeploymentDefinition definition) {
        if (!(definition instanceof KubernetesJobDefinition kubernetes)) {
            return Uni.createFrom().item(Map.of());
        }
        return clusters.clientFor(orgId, kubernetes)
                .chain(client -> tryOut(client, objects.trial(orgId, kubernetes)))
                .replaceWith(Map.<String, String>of())
                .ifNoItem()
                .after(settings.triedOutWithin())
                .fail()
                .onFailure()
                .recoverWithItem(failure -> refusals(failure, kubernetes));
    }

    private Uni<Void> tryOut(KubernetesClient client, Job job) {
        return calls.tryOut(client, job).chain(() -> calls.tryOutPod(client, job));
    }

    private static Map<String, String> refusals(Throwable failure, KubernetesJobDefinition definition) {
        String member = definition.useDefaultManifest() ? "image" : "manifest";
        if (failure instanceof KubernetesClientException answer && ApiServerAnswer.isRefusal(answer)) {
            String words = ClusterFault.of(failure, definition.namespace()).words();
            int code = answer.getCode();
            if (code == INVALID || code == MALFORMED) {
                return Map.of(member, words);
            }
            if (code == ABSENT && words.contains("has no namespace")) {
                return Map.of("namespace", words);
            }
            if (code == FORBIDDEN && words.contains("violates PodSecurity")) {
                return Map.of(
                        member,
                        words + " Change the manifest, or the namespace's label"
                                + " pod-security.kubernetes.io/enforce.");
            }
        }
        LOG.debugf("The deployment is stored without having been tried out: %s", failure.toString());
        return Map.of();
    }
}
