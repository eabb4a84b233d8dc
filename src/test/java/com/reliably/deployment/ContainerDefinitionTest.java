package com.reliably.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.problem.Faults;
import com.reliably.secret.Mask;
import com.reliably.web.JsonFormat;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerDefinitionTest {

    private static final String PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    private static final String KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

    /** What an operator who is careful allows. */
    private static final DeploymentPolicy POLICY = new SmallRyeConfigBuilder()
            .withMapping(DeploymentPolicy.class)
            .withMappingIgnore("reliably.**")
            .withDefaultValue("reliably.docker.allowed-volume-roots", "/srv/chaos,/home/")
            .withDefaultValue(
                    "reliably.docker.allowed-engines", "tcp://docker.example.com:2376,unix:///srv/docker.sock")
            .withDefaultValue("reliably.docker.allowed-capabilities", "NET_RAW")
            .build()
            .getConfigMapping(DeploymentPolicy.class);

    @Test
    void anImageIsEnough() {
        assertEquals(List.of(), faults(with("img", null, null, null, null, null, null)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "//",
                "/etc",
                "/etc/",
                "/etc/shadow",
                "/proc",
                "/proc/1/root",
                "/sys/fs/cgroup",
                "/dev/sda",
                "/boot",
                "/run/docker.sock",
                "/var/run/docker.sock",
                "/var/run",
                "/var",
                "/var/lib/docker",
                "/var/lib/docker/volumes/x",
                "/var/lib/kubelet/pods",
                "/srv/docker.sock",
                "/srv/chaos/docker.sock",
                "/srv",
                "/srv/chaosx",
                "/srv/chaos/../../etc",
                "/srv/chaos/./x",
                "/srv/chaos:/etc",
                "/home2",
                "/root",
                "relative",
                "",
                "~/x",
                "$HOME",
                "/srv/chaos/a\u0000b",
                "/srv/chaos/a\nb",
                "C:\\Users"
            })
    void aHostileVolumeIsRefused(String path) {
        ContainerDefinition definition =
                with("img", Map.of(path, new ContainerDefinition.Volume("/data", null)), null, null, null, null, null);
        assertFalse(faults(definition).isEmpty(), path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "//", "data", "/a/../b", "/a:/b"})
    void aVolumeIsSeenAtAPathOfItsOwn(String bind) {
        ContainerDefinition definition = with(
                "img", Map.of("/srv/chaos", new ContainerDefinition.Volume(bind, null)), null, null, null, null, null);
        assertFalse(faults(definition).isEmpty(), bind);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/srv/chaos", "/srv/chaos/", "/srv/chaos/a/b", "/home/user", "/srv/chaos/..data"})
    void aVolumeBelowARootIsAllowed(String path) {
        assertEquals(
                List.of(),
                faults(with(
                        "img",
                        Map.of(path, new ContainerDefinition.Volume("/data", null)),
                        null,
                        null,
                        null,
                        null,
                        null)));
    }

    @ParameterizedTest
    @CsvSource({
        "tcp://docker.example.com:2376, true",
        "tcp://docker.example.com:2376/, true",
        "unix:///srv/docker.sock, true",
        "tcp://docker.example.com, false",
        "tcp://docker.example.com:2375, false",
        "tcp://docker.example.com.evil:2376, false",
        "tcp://u@docker.example.com:2376, false",
        "tcp://docker.example.com:2376/../x, false",
        "tcp://docker.example.com:2376?x, false",
        "tcp://169.254.169.254:80, false",
        "http://docker.example.com:2376, false",
        "ssh://docker.example.com, false",
        "unix://srv/docker.sock, false",
        "unix:///srv/../etc/docker.sock, false",
        "npipe:////./pipe/docker_engine, false",
        "'', false"
    })
    void onlyEnginesThatTheOperatorNamesAreAllowed(String address, boolean allowed) {
        ContainerDefinition definition =
                with("img", null, new ContainerDefinition.Engine(address, null, null, null), null, null, null, null);
        assertEquals(allowed, faults(definition).isEmpty(), faults(definition).toString());
    }

    @Test
    void tlsMaterialBelongsTogether() {
        String tcp = "tcp://docker.example.com:2376";
        assertTrue(faults(engine(tcp, PEM, PEM, KEY)).isEmpty());
        assertTrue(faults(engine(tcp, PEM, null, null)).isEmpty());
        assertTrue(faults(engine(tcp, Mask.MASK, Mask.MASK, Mask.MASK)).isEmpty());
        assertFalse(faults(engine(tcp, PEM, PEM, null)).isEmpty());
        assertFalse(faults(engine(tcp, PEM, null, KEY)).isEmpty());
        assertFalse(faults(engine(tcp, "text", null, null)).isEmpty());
        assertFalse(faults(engine(tcp, PEM, PEM, KEY.replace("PRIVATE", "ENCRYPTED PRIVATE")))
                .isEmpty());
        assertFalse(faults(engine("unix:///srv/docker.sock", PEM, null, null)).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "bridge, true",
        "host, true",
        "my_net-1.x, true",
        "none, false",
        "container:abc, false",
        "ns:/proc/1/ns/net, false",
        "'', false"
    })
    void aNetworkIsTheEnginesOwn(String network, boolean allowed) {
        assertEquals(
                allowed,
                faults(with("img", null, null, network, null, null, null)).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"NET_RAW, true", "cap_net_raw, true", "SYS_ADMIN, false", "ALL, false", "'', false"})
    void onlyCapabilitiesThatTheOperatorNamesAreAllowed(String capability, boolean allowed) {
        assertEquals(
                allowed,
                faults(with("img", null, null, null, null, null, List.of(capability)))
                        .isEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "1001, true",
        "1001:1001, true",
        "svc, true",
        "svc:staff, true",
        "'a b', false",
        "'', false",
        ":0, false"
    })
    void aUserIsANameOrANumber(String user, boolean allowed) {
        assertEquals(
                allowed, faults(with("img", null, null, null, null, user, null)).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "6m, 6291456",
        "512m, 536870912",
        "1G, 1073741824",
        "1gb, 1073741824",
        "134217728, 134217728",
        "131072k, 134217728",
        "1m, ",
        "1, ",
        "-1, ",
        "0, ",
        "1t, ",
        "99999999999999g, ",
        "1.5g, ",
        "'', "
    })
    void memoryIsReadAsDockerDoes(String text, Long bytes) {
        ContainerDefinition.Limits limits = new ContainerDefinition.Limits(text, null, null);
        assertEquals(
                bytes != null,
                faults(with("img", null, null, null, limits, null, null)).isEmpty());
        if (bytes != null) {
            assertEquals(bytes, limits.memoryBytes());
        }
    }

    @Test
    void limitsHaveEnds() {
        assertFalse(faults(limited(null, 0.0, null)).isEmpty());
        assertFalse(faults(limited(null, Double.NaN, null)).isEmpty());
        assertFalse(faults(limited(null, 5000.0, null)).isEmpty());
        assertFalse(faults(limited(null, null, 0)).isEmpty());
        assertFalse(faults(limited(null, null, -1)).isEmpty());
        assertTrue(faults(limited("64m", 0.5, 64)).isEmpty());
        assertEquals(
                1L << 30,
                with("img", null, null, null, null, null, null)
                        .limitsOrDefault()
                        .memoryBytes());
    }

    @Test
    void secretsLeaveTheDefinitionAndComeBack() {
        ContainerDefinition clear = new ContainerDefinition(
                "img",
                null,
                null,
                null,
                new ContainerDefinition.Registry("me", "pass-word"),
                new ContainerDefinition.Engine("tcp://docker.example.com:2376", PEM, PEM, KEY),
                null,
                null,
                null,
                null,
                null);
        assertEquals(List.of(), faults(clear));
        assertEquals(4, clear.secrets().size());
        ContainerDefinition masked = clear.masked();
        assertEquals(
                List.of(Mask.MASK),
                masked.secrets().values().stream().distinct().toList());
        assertEquals(clear, masked.withSecrets(clear.secrets()));
        assertFalse(clear.toString().contains("pass-word") || clear.toString().contains("AAAA"), clear.toString());
    }

    private static ContainerDefinition engine(String address, String ca, String cert, String key) {
        return with("img", null, new ContainerDefinition.Engine(address, ca, cert, key), null, null, null, null);
    }

    /** Compose files have them in quotes. */
    @ParameterizedTest
    @CsvSource({"0.5, 0.5", "'\"0.50\"', 0.5", "'\".25\"', 0.25", "2, 2", "'\"2\"', 2"})
    void processorsMayBeText(String json, double cpus) throws JsonProcessingException {
        ObjectMapper mapper = new ObjectMapper();
        new JsonFormat().customize(mapper);
        assertEquals(
                cpus,
                mapper.readValue("{\"cpus\": " + json + "}", ContainerDefinition.Limits.class)
                        .cpus());
        for (String none : List.of("\"\"", "\"1e3\"", "\"a\"", "\"-1\"", "true")) {
            assertThrows(
                    JsonProcessingException.class,
                    () -> mapper.readValue("{\"cpus\": " + none + "}", ContainerDefinition.Limits.class));
        }
    }

    private static ContainerDefinition limited(String memory, Double cpus, Integer pids) {
        return with("img", null, null, null, new ContainerDefinition.Limits(memory, cpus, pids), null, null);
    }

    private static ContainerDefinition with(
            String image,
            Map<String, ContainerDefinition.Volume> volumes,
            ContainerDefinition.Engine engine,
            String network,
            ContainerDefinition.Limits limits,
            String user,
            List<String> capabilities) {
        return new ContainerDefinition(
                image, null, volumes, null, null, engine, network, limits, user, capabilities, null);
    }

    private static List<String> faults(ContainerDefinition definition) {
        Faults faults = Faults.inBody();
        definition.check(faults, POLICY);
        return faults.messages();
    }
}
