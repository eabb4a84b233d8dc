package com.reliably.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.KubernetesPolicy;
import com.reliably.testing.WorkOfReading;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The reader of kubeconfigs, with texts that are made to be costly. */
class HostileTextsTest {

    private static final int LENGTH = 64_000;
    private static final String KUBECONFIG =
            "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters:\n- name: a\n  cluster:\n    server: https://a\n    %s\n";

    static Stream<Arguments> readers() {
        return Stream.of(
                reader(
                        "a kubeconfig",
                        text -> Kubeconfig.fault(text, KubernetesPolicy.usual()),
                        "%s",
                        "a: %s",
                        "a:\n- %s",
                        "a: '%s'",
                        "a: |\n  %s",
                        "a: !!int 1%s",
                        "a: !!binary %s",
                        "a: [%s]"),
                reader(
                        "a proxy of a kubeconfig",
                        text -> Kubeconfig.fault(KUBECONFIG.formatted(text), KubernetesPolicy.usual()),
                        "proxy-url: 'http://a%sb'",
                        "server: 'https://%s'",
                        "server: 'https://a/%s'",
                        "server: 'https://%s.eks.amazonaws.com'",
                        "certificate-authority-data: '%s'"));
    }

    @ParameterizedTest
    @MethodSource("readers")
    void costNoMoreThanTheirLength(String what, Consumer<String> read, List<String> frames) {
        assertEquals(List.of(), WorkOfReading.faults(LENGTH, frames, read));
    }

    private static Arguments reader(String what, Consumer<String> read, String... frames) {
        return Arguments.of(what, read, List.of(frames));
    }
}
