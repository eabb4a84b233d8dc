package com.reliably.deployment;

import com.reliably.problem.Faults;
import com.reliably.secret.Mask;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.media.SchemaProperty;

/**
 * Plans run in a Kubernetes cluster, as a Job, or as a CronJob where the plan has a cron schedule.
 *
 * @param useDefaultManifest      whether the Pod is the server's own, made around {@code image}
 * @param image                   the image whose entrypoint is the Reliably CLI; null with one's own manifest
 * @param namespace               where Jobs are created
 * @param manifest                one's own Pod in YAML, whose first container runs the CLI; null with the default one
 * @param credentials             a kubeconfig; secret, null with the server's own credentials
 * @param useInClusterCredentials whether the server's own service account is used
 */
@Schema(
        name = "KubernetesDeployment",
        description = "Plans run as Jobs or CronJobs of a Kubernetes cluster",
        requiredProperties = "type",
        properties =
                @SchemaProperty(name = "type", type = SchemaType.STRING, enumeration = KubernetesJobDefinition.TYPE))
public record KubernetesJobDefinition(
        @Schema(defaultValue = "true") Boolean useDefaultManifest,

        @Schema(
                nullable = true,
                description = "The image whose entrypoint is the Reliably CLI",
                examples = "ghcr.io/my-org/reliably-cli:latest")
        String image,

        @Schema(required = true, examples = "reliably") String namespace,

        @Schema(nullable = true, description = "One's own Pod in YAML; its first container runs the CLI")
        String manifest,

        @Schema(nullable = true, description = "A kubeconfig; shown masked", examples = "**********")
        String credentials,

        @Schema(defaultValue = "false") Boolean useInClusterCredentials)
        implements DeploymentDefinition {

    /** Its name on the wire. */
    public static final String TYPE = "k8s_job";

    public KubernetesJobDefinition {
        useDefaultManifest = useDefaultManifest == null || useDefaultManifest;
        useInClusterCredentials = useInClusterCredentials != null && useInClusterCredentials;
    }

    @Override
    public String typeName() {
        return TYPE;
    }

    @Override
    public void check(Faults faults, DeploymentPolicy policy) {
        if (namespace == null) {
            faults.missing("namespace");
        } else {
            KubernetesNames.labelFault(namespace).ifPresent(m -> faults.reject("namespace", m, namespace));
        }
        if (useDefaultManifest && image == null) {
            faults.reject("image", "The default manifest needs an image whose entrypoint is the Reliably CLI", null);
        }
        if (image != null) {
            ImageReference.fault(image).ifPresent(m -> faults.reject("image", m, image));
        }
        if (!useDefaultManifest && manifest == null) {
            faults.reject("manifest", "Give a Pod in YAML here, or use the default manifest", null);
        }
        if (manifest != null) {
            PodManifest.fault(manifest).ifPresent(m -> faults.reject("manifest", m));
        }
        if (useInClusterCredentials
                && policy.kubernetes()
                        .inClusterAllowed()
                        .filter("false"::equalsIgnoreCase)
                        .isPresent()) {
            faults.reject(
                    "use_in_cluster_credentials",
                    "The operator does not let deployments use the server's own service account"
                            + " (RELIABLY_KUBERNETES_IN_CLUSTER_ALLOWED); give a kubeconfig in credentials");
        }
        if (credentials == null && !useInClusterCredentials) {
            faults.reject("credentials", "Give a kubeconfig here, or set use_in_cluster_credentials");
        }
        if (credentials != null && !Mask.isMask(credentials)) {
            Kubeconfig.fault(credentials, policy.kubernetes()).ifPresent(m -> faults.reject("credentials", m));
        }
    }

    /** The model of Pods has hundreds of classes, which are all looked at for the first manifest; YAML is read slowly. */
    @Override
    public boolean checksLong() {
        return manifest != null || credentials != null;
    }

    @Override
    public Map<String, String> secrets() {
        return credentials == null ? Map.of() : Map.of("credentials", credentials);
    }

    /** Most lines of a kubeconfig are in everybody's, and no secret. */
    @Override
    public Collection<String> secretValues() {
        return credentials == null ? List.of() : Kubeconfig.secretValues(credentials);
    }

    @Override
    public KubernetesJobDefinition masked() {
        return new KubernetesJobDefinition(
                useDefaultManifest, image, namespace, manifest, Mask.of(credentials), useInClusterCredentials);
    }

    @Override
    public KubernetesJobDefinition withSecrets(Map<String, String> clear) {
        return new KubernetesJobDefinition(
                useDefaultManifest, image, namespace, manifest, clear.get("credentials"), useInClusterCredentials);
    }

    /** Without the credentials: records are logged easily. */
    @Override
    public String toString() {
        return "KubernetesJobDefinition[" + namespace + "]";
    }
}
