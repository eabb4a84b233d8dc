package com.reliably.runner.kubernetes;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.deployment.PodManifest;
import com.reliably.runner.ClientCommand;
import com.reliably.runner.SecretFile;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.KeyToPathBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The Pod that runs a plan: the default one, which meets the restricted Pod Security Standard, or the user's own, of
 * which all is kept but what makes its first container run this plan.
 */
@Singleton
final class PodSpecs {

    /** The documented service account. */
    static final String SERVICE_ACCOUNT = "reliably-job";

    static final String CONFIG_FILE = "config.toml";

    private static final String CONFIG_VOLUME = "reliably-config";
    private static final String FILES_VOLUME = "reliably-files";
    private static final String CONFIG_DIRECTORY = "/var/run/secrets/reliably.com";
    /** Readable by whichever user the container runs as. */
    private static final int READABLE = 0444;

    private static final long USER = 1001L;

    private final KubernetesSettings settings;
    private final ClientCommand command;

    PodSpecs(KubernetesSettings settings, ClientCommand command) {
        this.settings = settings;
        this.command = command;
    }

    /**
     * What a Pod is of.
     *
     * @param runId     the run; null where a CronJob makes many
     * @param secret    the Secret with {@link #CONFIG_FILE}, and the environment's files by {@link #keyOf}
     * @param files     those files
     * @param variables what the client and its experiments read; no secrets, because a Pod can be read by more people than
     *     a Secret
     */
    record Wanted(
            UUID orgId,
            UUID planId,
            UUID runId,
            KubernetesJobDefinition definition,
            String secret,
            List<SecretFile> files,
            Map<String, String> variables) {}

    /** The template of the Pod. */
    PodTemplateSpec template(Wanted wanted) {
        PodTemplateSpec given = wanted.definition().useDefaultManifest()
                ? defaultPod(wanted.definition().image())
                : PodManifest.template(wanted.definition().manifest());
        return new PodTemplateSpecBuilder()
                .withMetadata(metadata(given.getMetadata(), wanted))
                .withSpec(spec(given.getSpec(), wanted))
                .build();
    }

    private PodTemplateSpec defaultPod(String image) {
        return new PodTemplateSpecBuilder()
                .withNewSpec()
                // The account itself hands out no token; experiments act with it, so that the Pod asks for one.
                .withAutomountServiceAccountToken(true)
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withRunAsUser(USER)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .addNewContainer()
                .withName("reliably")
                .withImage(image)
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withRunAsNonRoot(true)
                .withRunAsUser(USER)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .withNewResources()
                .addToLimits(Map.of("cpu", new Quantity("200m"), "memory", new Quantity("256Mi")))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }

    /** Names, owners and the like of a manifest that was copied from a cluster mean nothing here. */
    private static ObjectMeta metadata(ObjectMeta given, Wanted wanted) {
        Map<String, String> labels = new LinkedHashMap<>();
        Map<String, String> annotations = new LinkedHashMap<>();
        if (given != null) {
            labels.putAll(given.getLabels() == null ? Map.of() : given.getLabels());
            annotations.putAll(given.getAnnotations() == null ? Map.of() : given.getAnnotations());
        }
        labels.keySet().removeIf(PodSpecs::isOfTheJobController);
        labels.putAll(Marks.labels(wanted.orgId(), wanted.planId()));
        if (wanted.runId() != null) {
            labels.put(Marks.RUN, wanted.runId().toString());
        }
        return new ObjectMetaBuilder()
                .withLabels(labels)
                .withAnnotations(annotations)
                .build();
    }

    private static boolean isOfTheJobController(String label) {
        return label.equals("job-name") || label.equals("controller-uid") || label.startsWith("batch.kubernetes.io/");
    }

    private PodSpec spec(PodSpec given, Wanted wanted) {
        List<Container> containers = new ArrayList<>(given.getContainers());
        containers.set(0, client(containers.get(0), wanted));
        List<Volume> volumes = new ArrayList<>(given.getVolumes());
        volumes.removeIf(volume -> Set.of(CONFIG_VOLUME, FILES_VOLUME).contains(volume.getName()));
        volumes.add(volume(CONFIG_VOLUME, wanted.secret(), List.of(CONFIG_FILE)));
        if (!wanted.files().isEmpty()) {
            volumes.add(volume(
                    FILES_VOLUME,
                    wanted.secret(),
                    IntStream.range(0, wanted.files().size())
                            .mapToObj(PodSpecs::keyOf)
                            .toList()));
        }
        PodSpecBuilder spec = new PodSpecBuilder(given)
                .withContainers(containers)
                .withVolumes(volumes)
                // A run is begun once.
                .withRestartPolicy("Never")
                .withNodeName(null);
        if (given.getServiceAccountName() == null && given.getServiceAccount() == null) {
            spec.withServiceAccountName(SERVICE_ACCOUNT);
        }
        if (given.getTerminationGracePeriodSeconds() == null) {
            spec.withTerminationGracePeriodSeconds(settings.grace().toSeconds());
        }
        return spec.build();
    }

    private static Volume volume(String name, String secret, List<String> keys) {
        return new VolumeBuilder()
                .withName(name)
                .withNewSecret()
                .withSecretName(secret)
                .withDefaultMode(READABLE)
                .withItems(keys.stream()
                        .map(key -> new KeyToPathBuilder()
                                .withKey(key)
                                .withPath(key)
                                .build())
                        .toList())
                .endSecret()
                .build();
    }

    private Container client(Container given, Wanted wanted) {
        Map<String, String> variables = variables(wanted);
        List<EnvVar> env = given.getEnv().stream()
                .filter(variable -> !variables.containsKey(variable.getName()))
                .collect(Collectors.toCollection(ArrayList::new));
        variables.forEach((name, value) ->
                env.add(new EnvVarBuilder().withName(name).withValue(value).build()));
        Set<String> ourPaths = wanted.files().stream().map(SecretFile::path).collect(Collectors.toSet());
        ourPaths.add(CONFIG_DIRECTORY);
        List<VolumeMount> mounts = given.getVolumeMounts().stream()
                .filter(mount -> !ourPaths.contains(mount.getMountPath()))
                .collect(Collectors.toCollection(ArrayList::new));
        mounts.add(new VolumeMountBuilder()
                .withName(CONFIG_VOLUME)
                .withMountPath(CONFIG_DIRECTORY)
                .withReadOnly(true)
                .build());
        for (int i = 0; i < wanted.files().size(); i++) {
            mounts.add(new VolumeMountBuilder()
                    .withName(FILES_VOLUME)
                    .withMountPath(wanted.files().get(i).path())
                    .withSubPath(keyOf(i))
                    .withReadOnly(true)
                    .build());
        }
        return new ContainerBuilder(given)
                .withArgs(command.arguments(wanted.planId()))
                .withEnv(env)
                .withVolumeMounts(mounts)
                .build();
    }

    /** The key of a file, by its place among the files, in their Secret. */
    static String keyOf(int index) {
        return "file-" + index;
    }

    private static Map<String, String> variables(Wanted wanted) {
        Map<String, String> variables = new LinkedHashMap<>(wanted.variables());
        variables.remove(ClientCommand.TOKEN);
        variables.put("RELIABLY_CLI_CONFIG", CONFIG_DIRECTORY + "/" + CONFIG_FILE);
        return variables;
    }

    /** The CLI's configuration, in TOML. */
    static String configuration(String serverUrl, UUID orgId, String token) {
        return "[service]\nhost = " + quoted(serverUrl) + "\ntoken = " + quoted(token) + "\n\n[organization]\nid = "
                + quoted(orgId.toString()) + "\n";
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
