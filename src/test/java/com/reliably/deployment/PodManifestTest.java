package com.reliably.deployment;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PodManifestTest {

    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata:
              name: chaos
              annotations:
                made: 2026-01-01
            spec:
              serviceAccountName: reliably-job
              securityContext: {runAsNonRoot: true, runAsUser: 1001}
              restartPolicy: Never
              containers:
              - name: chaostoolkit
                image: ghcr.io/my-org/reliably-cli:1.0
                env:
                - name: A
                  value: "1"
                ports:
                - containerPort: 8080
                livenessProbe: {httpGet: {path: /, port: http}}
                resources:
                  limits: {cpu: 200m, memory: 256Mi}
                  requests: {cpu: 1}
              - name: sidecar
                image: busybox
            """;

    static Stream<String> good() {
        String template = """
                  template:
                    metadata: {labels: {a: b}}
                    spec:
                      containers: [{name: a, image: img}]
                """;
        return Stream.of(
                POD,
                "---\n" + POD + "---\n",
                "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\"containers\": [{\"name\": \"a\", \"image\": \"i\"}]}}",
                "apiVersion: v1\nkind: PodTemplate\n" + template.indent(-2),
                "apiVersion: batch/v1\nkind: Job\nspec:\n" + template,
                "apiVersion: batch/v1\nkind: CronJob\nspec:\n  schedule: '* * * * *'\n  jobTemplate:\n    spec:\n"
                        + template.indent(4));
    }

    @ParameterizedTest
    @MethodSource("good")
    void aPodIsTaken(String manifest) {
        assertEquals(Optional.empty(), PodManifest.fault(manifest));
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                Arguments.of("", "empty"),
                Arguments.of("just text", "not a mapping"),
                Arguments.of("- a", "not a mapping"),
                Arguments.of("a: [", "not YAML, see line"),
                Arguments.of("a: 1\na: 2", "not YAML, see line 2"),
                Arguments.of("a: !!javax.script.ScriptEngineManager [x]", "not YAML"),
                Arguments.of("a: !!int x", "not YAML"),
                Arguments.of("a: &x 1\nb: *x", "alias in line 2"),
                Arguments.of(POD + "---\n" + POD, "more than one document"),
                Arguments.of("kind: Pod", "not a Pod"),
                Arguments.of("apiVersion: apps/v1\nkind: Deployment", "not a Pod"),
                Arguments.of("apiVersion: batch/v1\nkind: Job\n", "template"),
                Arguments.of("apiVersion: v1\nkind: Pod\n", "'spec'"),
                Arguments.of("apiVersion: v1\nkind: Pod\nspec: {}", "no container"),
                Arguments.of("apiVersion: v1\nkind: Pod\nspec: {containers: []}", "no container"),
                Arguments.of("apiVersion: v1\nkind: Pod\nspec: {containers: [null]}", "no container"),
                Arguments.of(
                        "apiVersion: v1\nkind: Pod\nspec: {containers: text}", "'spec.containers' has the wrong type"),
                Arguments.of("apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a}]}", "no 'image'"),
                Arguments.of("apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a}]}", "'name'"),
                Arguments.of("apiVersion: v1\nkind: Pod\nspec: {containers: [{name: A, image: a}]}", "'name'"),
                Arguments.of("apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: A}]}", "lower-case"),
                Arguments.of(
                        "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: a}, {name: a, image: a}]}",
                        "containers[1] has the name"),
                Arguments.of(POD.replace("image:", "imag:"), "'spec.containers[0].imag' is not a member"),
                Arguments.of(POD.replace("\"1\"", "1"), "'spec.containers[0].env[0].value' has the wrong type"),
                Arguments.of(POD.replace("8080", "eighty"), "containerPort' has the wrong type"),
                Arguments.of(POD.replace("200m", "{}"), "wrong type"),
                Arguments.of(POD.replace("Never", "Always"), "restartPolicy"),
                Arguments.of("a: " + "[".repeat(1_000) + "]".repeat(1_000), "not YAML"),
                Arguments.of("a: " + "x".repeat(300_000), "characters"));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void aBadManifestIsExplained(String manifest, String words) {
        assertThat(PodManifest.fault(manifest).orElse("nothing"), containsString(words));
    }

    @Test
    void aFewLinesCannotBecomeGigabytes() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 30; i++) {
            bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(9)));
        }
        assertThat(PodManifest.fault(bomb.toString()).orElse("nothing"), containsString("alias"));
    }
}
