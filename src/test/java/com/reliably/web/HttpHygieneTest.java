package com.reliably.web;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.reliably.testing.ApiTest;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.RawRequest;
import com.reliably.testing.Tenant;
import com.reliably.testing.Wire;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ApiTest
@OnEveryJdk
class HttpHygieneTest {

    private static final int TOO_LARGE = 17 * 1024 * 1024;

    final Wire wire = new Wire();

    Tenant tenant;
    String deployments;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        deployments = "/api/v1/organization/" + tenant.id() + "/deployments";
    }

    @Test
    void aBodyThatSaysItIsTooLargeIsRefusedBeforeItIsSent() {
        String answer = head("POST", "Content-Length: " + TOO_LARGE + "\r\n").send();
        assertThat(
                answer,
                allOf(
                        startsWith("HTTP/1.1 413 "),
                        containsString("application/problem+json"),
                        containsString("16777216 bytes")));
    }

    @Test
    void aBodyThatSaysItIsTooLargeAndIsSentAnywayIsRefused() {
        Wire.Answer answer = wire.send("POST", deployments, headers("application/json"), new byte[TOO_LARGE]);
        assertIsTooLarge(answer);
    }

    @Test
    void aBodyOfUnknownLengthIsRefusedWhenItTurnsOutTooLarge() {
        Wire.Answer answer = wire.send(
                "POST",
                deployments,
                headers("application/json"),
                HttpRequest.BodyPublishers.ofInputStream(HttpHygieneTest::largeJson));
        assertIsTooLarge(answer);
    }

    @Test
    void aBodyOfUnknownLengthThatIsNotTooLargeIsTaken() {
        Wire.Answer answer = wire.send(
                "POST",
                deployments,
                headers("application/json"),
                HttpRequest.BodyPublishers.ofInputStream(
                        () -> new ByteArrayInputStream(body("chunked").getBytes(StandardCharsets.UTF_8))));
        assertEquals(201, answer.status(), answer.toString());
    }

    @Test
    void aConnectionThatWasRefusedABodyIsClosed() {
        // send() returns when the server closes.
        assertThat(
                head("POST", "Content-Length: " + TOO_LARGE + "\r\n")
                        .write(" ".repeat(TOO_LARGE))
                        .send(),
                startsWith("HTTP/1.1 413 "));
    }

    @Test
    void aMissingContentTypeMeansJson() {
        Wire.Answer answer = wire.send(
                "POST",
                deployments,
                Map.of("Authorization", "Bearer " + tenant.token()),
                body("no type").getBytes(StandardCharsets.UTF_8));
        assertEquals(201, answer.status(), answer.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/xml",
                "text/json"
            })
    void anotherContentTypeIsRefused(String type) {
        Wire.Answer answer =
                wire.send("POST", deployments, headers(type), body("typed").getBytes(StandardCharsets.UTF_8));
        assertEquals(415, answer.status(), answer.toString());
        assertEquals("application/problem+json", answer.mediaType());
    }

    @ParameterizedTest
    @ValueSource(strings = {"///", "x", "application/json, text/plain", "\u00ff"})
    void aContentTypeThatIsNoneIsRefused(String type) {
        String body = body("typed");
        String answer = head(
                        "POST",
                        "Connection: close\r\nContent-Type: " + type + "\r\nContent-Length: " + body.length() + "\r\n")
                .write(body)
                .send();
        assertThat(answer, startsWith("HTTP/1.1 4"));
    }

    @Test
    void aTypeWithoutABodyDoesNotMatter() {
        assertEquals(
                200,
                wire.send("GET", deployments, headers("text/plain"), (byte[]) null)
                        .status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"PATCH", "PUT", "DELETE", "TRACE", "NONSENSE"})
    void aMethodThatAPathDoesNotHaveIsRefusedNamingThoseItHas(String method) {
        String answer = head(method, "Connection: close\r\n").send();
        assertThat(answer, allOf(startsWith("HTTP/1.1 405 "), containsString("application/problem+json")));
        assertThat(answer.toLowerCase(java.util.Locale.ROOT), containsString("allow: get, head, post"));
    }

    @Test
    void headIsAGetWithoutItsBody() {
        String answer = head("HEAD", "Connection: close\r\n").send();
        assertThat(answer, startsWith("HTTP/1.1 200 "));
        assertTrue(answer.endsWith("\r\n\r\n"), answer);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/%00",
                "/%zz",
                "/%",
                "/%c0%af",
                "/%ff",
                "/a%2fb",
                "/{a}",
                "/\"",
                "/search?pattern=%00",
                "/search?pattern=%zz",
                "/search?pattern=%",
                "?limit=%00",
                "?page= 1",
                "/\u00ff\u00fe",
                "?limit=\u00ff"
            })
    void anAddressThatIsWrittenBadlyIsTheClientsFault(String rest) {
        String answer =
                request("GET", deployments + rest, "Connection: close\r\n").send();
        assertThat(answer, answer.startsWith("HTTP/1.0 4") ? startsWith("HTTP/1.0 4") : startsWith("HTTP/1.1 4"));
    }

    @Test
    void anAddressThatIsTooLongIsTheClientsFault() {
        String answer = request("GET", deployments + "/search?pattern=" + "x".repeat(100_000), "Connection: close\r\n")
                .send();
        assertThat(answer, containsString(" 414 "));
    }

    @Test
    void headersThatAreTooLargeAreTheClientsFault() {
        String answer = head("GET", "Connection: close\r\nX-Large: " + "x".repeat(100_000) + "\r\n")
                .send();
        assertThat(answer, containsString(" 431 "));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
                "Transfer-Encoding: gzip\r\nContent-Length: 2\r\n",
                "Transfer-Encoding: gzip\r\n",
                "Transfer-Encoding: gzip, chunked\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Transfer-Encoding: identity, chunked\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                "Transfer-Encoding: \u000bchunked\r\nContent-Length: 2\r\n",
                "Transfer-Encoding : chunked\r\nContent-Length: 2\r\n",
                "Transfer-Encoding:\r\n chunked\r\nContent-Length: 2\r\n",
                "Content-Length: 2\r\nContent-Length: 3\r\n",
                "Content-Length: 2, 3\r\n",
                "Content-Length: +2\r\n",
                "Content-Length: -2\r\n",
                "Content-Length: 0x2\r\n",
                "Content-Length : 2\r\n",
                "Content-Length: 2 2\r\n"
            })
    void aBodyWhoseEndIsUncertainIsRefusedAndTheConnectionClosed(String framing) {
        // An empty body where the last coding is what Netty reads; else two bytes. What follows would be answered where
        // the
        // connection goes on.
        boolean chunkedLast = framing.endsWith(" chunked\r\n") && !framing.contains("Content-Length");
        String answer = head("POST", "Content-Type: application/json\r\n" + framing)
                .write((chunkedLast ? "0\r\n\r\n" : "{}")
                        + "GET /q/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .send();
        assertThat(answer, startsWith("HTTP/1.1 400 "));
        assertEquals(1, answer.split("HTTP/1\\.1 [0-9]", -1).length - 1, answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0;" + "x", "zz\r\n", "-1\r\n", "2;a=b\n{}\r\n0\r\n\r\n", "2\r\n{}x\r\n0\r\n\r\n"})
    void chunksThatAreNoneAreRefusedAndTheConnectionClosed(String chunks) {
        String answer = head("POST", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n")
                .write(chunks.equals("0;x") ? "0;" + "x".repeat(1_000_000) : chunks)
                .send();
        assertThat(answer, answer.isEmpty() ? equalTo("") : startsWith("HTTP/1.1 4"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/../../q/metrics",
                "/api/v1/%2e%2e/%2E%2E/q/metrics",
                "/api/v1/.%2e/%2e./q/metrics",
                "/api/./v1/organization",
                "/api/v1/..%2f..%2fq/metrics",
                "/api/v1/..;/..;/q/metrics",
                "/api/v1/..\\..\\q\\metrics",
                "/api/v1/%5c..%5cq/metrics",
                "/q/metrics;x=/api/v1",
                "/api/v1/organization;x=y",
                "/api/v1/organization/.."
            })
    void anAddressThatIsAnotherOneOnceItIsResolvedIsRefused(String target) {
        String answer = request("GET", target, "Connection: close\r\n").send();
        assertThat(answer, startsWith("HTTP/1.1 400 "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Host: a b\r\n", "Host: localhost\r\nHost: other\r\n", "Host: localhost:x\r\n"})
    void aRequestWithoutOneGoodHostIsTheClientsFault(String host) {
        for (String target : List.of(deployments, "/q/health/live", "/")) {
            String answer = new RawRequest()
                    .write("GET " + target + " HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n")
                    .send();
            assertThat(answer, startsWith("HTTP/1.1 400 "));
        }
    }

    @Test
    void aLoadBalancerThatKnowsNoHostIsToldTheHealth() {
        assertThat(new RawRequest().write("GET /q/health/live HTTP/1.0\r\n\r\n").send(), containsString(" 200 "));
    }

    @Test
    void everyPathAnswersItsOwnMethodsAndRefusesOthersWithout422() {
        JsonNode paths = wire.send("GET", "/q/openapi?format=json", Map.of("Accept", "application/json"), (byte[]) null)
                .json()
                .path("paths");
        assertTrue(paths.size() > 40, paths.toString());
        paths.fieldNames().forEachRemaining(template -> {
            if (!template.startsWith("/api/")) {
                return;
            }
            Set<String> documented = new TreeSet<>();
            paths.get(template).fieldNames().forEachRemaining(name -> documented.add(name.toUpperCase(Locale.ROOT)));
            documented.retainAll(Set.of("GET", "PUT", "POST", "DELETE", "PATCH"));
            String path = template.replace("{org_id}", tenant.id())
                    .replaceAll("\\{[^}]*}", UUID.randomUUID().toString());
            Set<String> allowed = new TreeSet<>(documented);
            if (documented.contains("GET")) {
                allowed.add("HEAD");
            }
            for (String method : List.of("PUT", "POST", "DELETE", "PATCH", "TRACE")) {
                if (!documented.contains(method)) {
                    String answer =
                            request(method, path, "Connection: close\r\n").send();
                    assertThat(method + " " + template, answer, startsWith("HTTP/1.1 405 "));
                    assertThat(
                            method + " " + template,
                            answer.toLowerCase(Locale.ROOT),
                            containsString(
                                    "allow: " + String.join(", ", allowed).toLowerCase(Locale.ROOT) + "\r\n"));
                }
            }
            String options = request("OPTIONS", path, "Connection: close\r\n").send();
            assertThat(
                    template,
                    options.toLowerCase(Locale.ROOT),
                    containsString("allow: " + String.join(", ", allowed).toLowerCase(Locale.ROOT) + ", options\r\n"));
        });
    }

    @Test
    void everyAnswerOfTheApiHasTheSecurityHeaders() {
        Map<String, String> mine = headers("application/json");
        for (Wire.Answer answer : List.of(
                wire.send("GET", deployments, mine, (byte[]) null),
                wire.send("GET", deployments, Map.of(), (byte[]) null),
                wire.send("GET", deployments + "/x", mine, (byte[]) null),
                wire.send("GET", "/api/v1/nothing", mine, (byte[]) null),
                wire.send("GET", "/api", mine, (byte[]) null),
                wire.send("PATCH", deployments, mine, (byte[]) null),
                wire.send("POST", deployments, headers("text/plain"), new byte[1]),
                wire.send("POST", deployments, mine, "{".getBytes(StandardCharsets.UTF_8)),
                wire.send("POST", deployments, mine, new byte[TOO_LARGE]))) {
            assertEquals("nosniff", answer.header("X-Content-Type-Options"), answer.toString());
            assertEquals("DENY", answer.header("X-Frame-Options"), answer.toString());
            assertEquals("no-referrer", answer.header("Referrer-Policy"), answer.toString());
            assertEquals("no-store", answer.header("Cache-Control"), answer.toString());
            assertThat(answer.header("Content-Security-Policy"), startsWith("default-src 'none'"));
        }
    }

    @Test
    void aPathWithDoubledSlashesIsTheApiAsWell() {
        Wire.Answer answer = wire.send("GET", "//api//v1/organization", headers("application/json"), (byte[]) null);
        assertEquals(200, answer.status(), answer.toString());
        assertThat(answer.header("Cache-Control"), equalTo("no-store"));
    }

    private static void assertIsTooLarge(Wire.Answer answer) {
        assertEquals(413, answer.status(), answer.toString());
        assertEquals("application/problem+json", answer.mediaType());
        assertEquals(413, answer.json().path("status").intValue());
        assertThat(answer.json().path("detail").asText(), containsString("16777216 bytes"));
    }

    private static InputStream largeJson() {
        byte[] text = new byte[TOO_LARGE];
        java.util.Arrays.fill(text, (byte) 'x');
        return new SequenceInputStream(
                new ByteArrayInputStream("{\"name\": \"".getBytes(StandardCharsets.UTF_8)),
                new ByteArrayInputStream(text));
    }

    private static String body(String name) {
        return "{\"name\": \"" + name + "\", \"definition\": {\"type\": \"noop\"}}";
    }

    private Map<String, String> headers(String type) {
        return Map.of("Authorization", "Bearer " + tenant.token(), "Content-Type", type);
    }

    private RawRequest head(String method, String headers) {
        return request(method, deployments, headers);
    }

    private RawRequest request(String method, String target, String headers) {
        return new RawRequest()
                .write(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + tenant.token()
                        + "\r\n" + headers + "\r\n");
    }
}
