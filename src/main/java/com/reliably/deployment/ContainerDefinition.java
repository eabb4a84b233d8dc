package com.reliably.deployment;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.reliably.problem.Faults;
import com.reliably.secret.Mask;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.media.SchemaProperty;

/**
 * Plans run in a Docker container. Everything but the image may be left out; what is left out is safe.
 *
 * @param image         the image whose entrypoint is the Reliably CLI
 * @param workingDir    the absolute directory inside the container to run in
 * @param volumes       by absolute path on the engine's host; may be null
 * @param pullPolicy    when the image is pulled
 * @param registry      the credentials of the image's registry; null where it asks for none
 * @param engine        which engine; null for the server's own
 * @param networkMode   the container's network: {@code bridge}, {@code host} or the name of one; null for the engine's
 *     default
 * @param limits        what the container may use; may be null
 * @param user          who it runs as, {@code user[:group]}; null for the image's user
 * @param capabilities  the Linux capabilities that it keeps; null or empty for none
 * @param keepOnFailure whether a container whose run failed stays at the engine, to be looked at
 */
@Schema(
        name = "ContainerDeployment",
        description = "Plans run in a container of a Docker engine",
        requiredProperties = "type",
        properties = @SchemaProperty(name = "type", type = SchemaType.STRING, enumeration = ContainerDefinition.TYPE))
public record ContainerDefinition(
        @Schema(
                required = true,
                description = "The image whose entrypoint is the Reliably CLI",
                examples = "ghcr.io/my-org/reliably-cli:latest")
        String image,

        @Schema(defaultValue = "/tmp", description = "The absolute directory inside the container to run in")
        String workingDir,

        @Schema(
                nullable = true,
                description = "What to mount, by absolute path on the engine's host; only below the"
                        + " directories that the operator allows")
        Map<String, Volume> volumes,

        @Schema(defaultValue = "if_missing", description = "When the image is pulled")
        PullPolicy pullPolicy,

        @Schema(nullable = true, description = "Credentials of the image's registry")
        Registry registry,

        @Schema(nullable = true, description = "Which Docker engine; the server's own where null")
        Engine engine,

        @Schema(
                nullable = true,
                description = "`bridge`, `host`, or the name of a network of the engine; its default where null",
                examples = "host")
        String networkMode,

        @Schema(nullable = true, description = "What the container may use")
        Limits limits,

        @Schema(
                nullable = true,
                description = "Who the container runs as, `user[:group]`; the image's user where null",
                examples = "1001")
        String user,

        @Schema(
                nullable = true,
                description = "Linux capabilities that the container keeps, of those that the operator allows;"
                        + " all others are dropped",
                examples = "[\"NET_RAW\"]")
        List<String> capabilities,

        @Schema(
                defaultValue = "false",
                description = "Whether a container whose run failed stays at the engine, to be looked at")
        Boolean keepOnFailure)
        implements DeploymentDefinition {

    /** Its name on the wire. */
    public static final String TYPE = "container";

    private static final String PASSWORD = "registry.password";
    private static final String CA = "engine.ca";
    private static final String CERT = "engine.cert";
    private static final String KEY = "engine.key";

    private static final Pattern USER =
            Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?");
    private static final Pattern NETWORK = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

    /**
     * A directory or file of the engine's host, seen from the container.
     *
     * @param bind the absolute path inside the container
     * @param mode read-only unless said otherwise
     */
    @Schema(name = "ContainerVolume")
    public record Volume(
            @Schema(required = true, examples = "/data") String bind,
            @Schema(defaultValue = "ro") AccessMode mode) {

        public Volume {
            mode = mode == null ? AccessMode.RO : mode;
        }
    }

    /** Whether a container may write to a volume. */
    @Schema(name = "VolumeMode")
    public enum AccessMode {
        RO,
        RW;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** When an image is pulled. */
    @Schema(name = "PullPolicy", description = "When an image is pulled")
    public enum PullPolicy {
        /** Where the engine does not have it. */
        IF_MISSING,
        /** Before every run. */
        ALWAYS,
        /** Never: the engine must have it. */
        NEVER;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The credentials of a registry.
     *
     * @param username whose
     * @param password a password or token; secret
     */
    @Schema(name = "ContainerRegistry")
    public record Registry(
            @Schema(required = true, examples = "my-org") String username,

            @Schema(required = true, description = "Shown masked", examples = "**********")
            String password) {

        /** Without the password. */
        @Override
        public String toString() {
            return "Registry[" + username + "]";
        }
    }

    /**
     * A Docker engine.
     *
     * @param address as in {@code tcp://docker.example.com:2376} or {@code unix:///var/run/docker.sock}
     * @param ca      PEM: the authority of the engine's certificate; null for those that Java trusts, where there is a
     *     client's certificate; secret
     * @param cert    PEM: the client's certificate; secret
     * @param key     PEM: the key of the client's certificate; secret
     */
    @Schema(name = "ContainerEngine")
    public record Engine(
            @Schema(
                    required = true,
                    description = "One that the operator allows",
                    examples = "tcp://docker.example.com:2376")
            String address,

            @Schema(
                    nullable = true,
                    description = "PEM: the authority of the engine's certificate; shown masked",
                    examples = "**********")
            String ca,

            @Schema(
                    nullable = true,
                    description = "PEM: the client's certificate; shown masked",
                    examples = "**********")
            String cert,

            @Schema(
                    nullable = true,
                    description = "PEM: the key of the client's certificate; shown masked",
                    examples = "**********")
            String key) {

        /** Whether the engine is spoken to over TLS. */
        public boolean usesTls() {
            return ca != null || cert != null;
        }

        /** Without TLS material. */
        @Override
        public String toString() {
            return "Engine[" + address + "]";
        }
    }

    /**
     * What a container may use.
     *
     * @param memory bytes, as in {@code 512m}; null for one gigabyte
     * @param cpus   processors, as in {@code 1.5}; null for no limit
     * @param pids   processes and threads; null for 512
     */
    @Schema(name = "ContainerLimits")
    public record Limits(
            @Schema(nullable = true, description = "Bytes, with `k`, `m` or `g`; `1g` where null", examples = "512m")
            String memory,

            @Schema(nullable = true, description = "Processors; no limit where null", examples = "1.5")
            @JsonDeserialize(using = DecimalText.class)
            Double cpus,

            @Schema(nullable = true, description = "Processes and threads; 512 where null", examples = "512")
            Integer pids) {

        private static final Limits DEFAULT = new Limits(null, null, null);
        private static final String DEFAULT_MEMORY = "1g";
        private static final int DEFAULT_PIDS = 512;
        private static final double MOST_CPUS = 1024;
        private static final int MOST_PIDS = 1_000_000;

        /** The limit in bytes. */
        public long memoryBytes() {
            return MemorySize.bytes(memory == null ? DEFAULT_MEMORY : memory);
        }

        /** How many processes and threads there may be. */
        public int pidsOrDefault() {
            return pids == null ? DEFAULT_PIDS : pids;
        }

        private void check(Faults faults) {
            if (memory != null) {
                MemorySize.fault(memory).ifPresent(m -> faults.reject("memory", m, memory));
            }
            if (cpus != null && !(cpus >= 0.01 && cpus <= MOST_CPUS)) {
                faults.reject("cpus", "A container has 0.01 to 1024 processors", cpus);
            }
            if (pids != null && (pids < 1 || pids > MOST_PIDS)) {
                faults.reject("pids", "A container has 1 to 1000000 processes", pids);
            }
        }
    }

    public ContainerDefinition {
        workingDir = workingDir == null ? "/tmp" : workingDir;
        pullPolicy = pullPolicy == null ? PullPolicy.IF_MISSING : pullPolicy;
        keepOnFailure = keepOnFailure != null && keepOnFailure;
    }

    @Override
    public String typeName() {
        return TYPE;
    }

    /** What the container may use, with defaults where nothing is said. */
    public Limits limitsOrDefault() {
        return limits == null ? Limits.DEFAULT : limits;
    }

    /** The capabilities that the container keeps, by their names for the engine. */
    public List<String> keptCapabilities() {
        return capabilities == null
                ? List.of()
                : capabilities.stream().map(ContainerDefinition::capability).toList();
    }

    /** The same, with other paths of the host to mount: those that the given ones lead to. */
    public ContainerDefinition withVolumes(Map<String, Volume> others) {
        return new ContainerDefinition(
                image,
                workingDir,
                others,
                pullPolicy,
                registry,
                engine,
                networkMode,
                limits,
                user,
                capabilities,
                keepOnFailure);
    }

    @Override
    public void check(Faults faults, DeploymentPolicy policy) {
        if (image == null) {
            faults.missing("image");
        } else {
            ImageReference.fault(image).ifPresent(m -> faults.reject("image", m, image));
        }
        HostPaths.absoluteFault(workingDir).ifPresent(m -> faults.reject("working_dir", m, workingDir));
        if (volumes != null) {
            List<String> roots = policy.docker().allowedVolumeRoots().orElse(List.of());
            volumes.forEach((host, volume) -> checkVolume(faults.at("volumes"), roots, host, volume));
        }
        if (registry != null) {
            checkRegistry(faults.at("registry"));
        }
        if (engine != null) {
            checkEngine(faults.at("engine"), policy.docker());
        }
        if (networkMode != null) {
            checkNetwork(faults);
        }
        if (limits != null) {
            limits.check(faults.at("limits"));
        }
        if (user != null && !USER.matcher(user).matches()) {
            faults.reject("user", "A user is a name or number, perhaps with ':' and a group, as in '1001:1001'", user);
        }
        if (capabilities != null) {
            checkCapabilities(faults, policy.docker().allowedCapabilities());
        }
    }

    private static void checkVolume(Faults faults, List<String> roots, String host, Volume volume) {
        HostPaths.volumeFault(host, roots).ifPresent(m -> faults.reject(host, m, host));
        if (volume == null || volume.bind() == null) {
            faults.at(host).missing("bind");
        } else {
            HostPaths.bindFault(volume.bind()).ifPresent(m -> faults.at(host).reject("bind", m, volume.bind()));
        }
    }

    private void checkRegistry(Faults faults) {
        if (registry.username() == null || registry.username().isBlank()) {
            faults.missing("username");
        }
        if (registry.password() == null || registry.password().isEmpty()) {
            faults.missing("password");
        }
    }

    private void checkEngine(Faults faults, DeploymentPolicy.Docker policy) {
        if (engine.address() == null) {
            faults.missing("address");
            return;
        }
        EngineAddress.fault(engine.address())
                .or(() -> EngineAddress.notAllowed(engine.address(), policy.allowedEngines()))
                .ifPresent(m -> faults.reject("address", m, engine.address()));
        boolean unix = engine.address().startsWith("unix:");
        if (unix && (engine.ca() != null || engine.cert() != null || engine.key() != null)) {
            faults.reject("address", "TLS is for addresses with tcp://", engine.address());
        }
        checkPem(faults, "ca", engine.ca(), "CERTIFICATE");
        checkPem(faults, "cert", engine.cert(), "CERTIFICATE");
        checkPem(faults, "key", engine.key(), "PRIVATE KEY");
        if ((engine.cert() == null) != (engine.key() == null)) {
            faults.reject(engine.cert() == null ? "cert" : "key", "A client's certificate and its key go together");
        }
    }

    private static void checkPem(Faults faults, String member, String pem, String kind) {
        if (pem == null || Mask.isMask(pem)) {
            return;
        }
        if (!pem.contains("-----BEGIN ") || !pem.contains(kind + "-----")) {
            faults.reject(member, "This must be PEM text with a block '-----BEGIN " + kind + "-----'");
        } else if (pem.contains("ENCRYPTED")) {
            faults.reject(member, "The key is encrypted; give it without a passphrase, it is kept as a secret");
        }
    }

    private void checkNetwork(Faults faults) {
        if (networkMode.equals("none")) {
            faults.reject(
                    "network_mode",
                    "Without a network the CLI cannot reach this server; use 'bridge', 'host' or a network's name",
                    networkMode);
        } else if (!NETWORK.matcher(networkMode).matches()) {
            faults.reject(
                    "network_mode",
                    "A network is 'bridge', 'host' or the name of one; that of another container cannot be joined",
                    networkMode);
        }
    }

    private void checkCapabilities(Faults faults, List<String> allowed) {
        for (String capability : capabilities) {
            if (capability == null || !allowed.contains(capability(capability))) {
                faults.reject(
                        "capabilities",
                        "This server allows " + String.join(", ", allowed)
                                + "; its operator can allow more in RELIABLY_DOCKER_ALLOWED_CAPABILITIES",
                        capability);
            }
        }
    }

    private static String capability(String name) {
        String upper = name.strip().toUpperCase(Locale.ROOT);
        return upper.startsWith("CAP_") ? upper.substring(4) : upper;
    }

    @Override
    public Map<String, String> secrets() {
        Map<String, String> secrets = new HashMap<>();
        if (registry != null) {
            secrets.put(PASSWORD, registry.password());
        }
        if (engine != null) {
            secrets.put(CA, engine.ca());
            secrets.put(CERT, engine.cert());
            secrets.put(KEY, engine.key());
        }
        secrets.values().removeIf(value -> value == null);
        return secrets;
    }

    /** The engine gets the registry's password too, to pass it on. */
    @Override
    public Map<String, String> recipients() {
        return image == null || registry == null
                ? Map.of()
                : Map.of(
                        PASSWORD,
                        ImageReference.host(image)
                                + (engine == null || engine.address() == null ? "" : ", through " + engine.address()));
    }

    @Override
    public ContainerDefinition masked() {
        Map<String, String> masks = new HashMap<>(secrets());
        masks.replaceAll((name, value) -> Mask.MASK);
        return withSecrets(masks);
    }

    @Override
    public ContainerDefinition withSecrets(Map<String, String> clear) {
        return new ContainerDefinition(
                image,
                workingDir,
                volumes,
                pullPolicy,
                registry == null ? null : new Registry(registry.username(), clear.get(PASSWORD)),
                engine == null ? null : new Engine(engine.address(), clear.get(CA), clear.get(CERT), clear.get(KEY)),
                networkMode,
                limits,
                user,
                capabilities,
                keepOnFailure);
    }
}
