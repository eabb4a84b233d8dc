package com.reliably.runner.kubernetes.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.ClusterAccess.Eks;
import com.reliably.testing.Command;
import com.reliably.testing.PythonEnvironment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Our tokens of EKS clusters, beside those of the library that the AWS command line is built on. */
class EksTokenIT {

    private static final String VERSION = "botocore==1.44.8";
    private static final Path PROGRAM = Path.of("src/test/resources/eks/presigned_token.py");

    @TempDir
    Path directory;

    static Stream<Arguments> keys() {
        String id = "AKIAIOSFODNN7EXAMPLE";
        String secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        String session = "IQoJb3JpZ2luX2VjE/+==" + "aB3+/".repeat(120) + "=";
        return Stream.of(
                Arguments.of(new Eks("shop", "eu-west-1", id, secret, null), "2026-01-31T23:59:59Z"),
                Arguments.of(new Eks("Shop_1-b", "us-east-1", id, secret, null), "2028-02-29T00:00:00Z"),
                Arguments.of(new Eks("shop", null, id, secret, null), "2026-06-01T12:00:01Z"),
                Arguments.of(
                        new Eks("shop", "ap-southeast-2", "ASIA" + id.substring(4), secret, session),
                        "2026-11-25T18:30:00Z"),
                Arguments.of(new Eks("shop", "us-gov-west-1", id, secret, session), "2026-11-25T18:30:00Z"),
                Arguments.of(new Eks("shop", "cn-north-1", id, secret, null), "2026-11-25T18:30:00Z"));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aTokenIsByteForByteWhatTheAwsCommandLineMakes(Eks keys, String at) throws IOException {
        String ours = new EksTokenSigner().token(keys, Instant.parse(at));
        String theirs = theirs(keys, at);
        // Compared in clear first, so that a difference can be read.
        assertEquals(url(theirs), url(ours));
        assertEquals(theirs, ours);
    }

    private String theirs(Eks keys, String at) throws IOException {
        Path wanted = Files.writeString(directory.resolve("wanted.json"), json(keys, at));
        Command.Result result = PythonEnvironment.of("botocore", VERSION)
                .command("python", PROGRAM.toAbsolutePath().toString(), wanted.toString())
                .run();
        assertEquals(0, result.exitCode(), result.output());
        return result.output().strip();
    }

    private static String json(Eks keys, String at) throws JsonProcessingException {
        Map<String, String> wanted = new HashMap<>();
        wanted.put("at", at);
        wanted.put("region", keys.region());
        wanted.put("cluster", keys.cluster());
        wanted.put("access_key_id", keys.accessKeyId());
        wanted.put("secret_access_key", keys.secretAccessKey());
        wanted.put("session_token", keys.sessionToken());
        return new ObjectMapper().writeValueAsString(wanted);
    }

    private static String url(String token) {
        return new String(
                Base64.getUrlDecoder().decode(token.substring("k8s-aws-v1.".length())), StandardCharsets.US_ASCII);
    }
}
