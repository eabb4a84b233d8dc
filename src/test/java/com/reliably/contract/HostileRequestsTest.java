package com.reliably.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import com.fasterxml.jackson.databind.util.RawValue;
import com.reliably.testing.ApiTest;
import com.reliably.testing.OpenApi;
import com.reliably.testing.OpenApi.Operation;
import com.reliably.testing.Tenant;
import com.reliably.testing.Things;
import com.reliably.testing.Wire;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Random, huge, wrongly typed, deeply nested and unreadable requests to every operation of the served OpenAPI document:
 * none of them is a server error. The seed is in the failure; {@code -Dhostile.seed=…} repeats a run, {@code
 * -Dhostile.seconds=…} makes it longer.
 */
@ApiTest
class HostileRequestsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DEEP = "[".repeat(100_000) + "]".repeat(100_000);
    private static final String DEEP_OBJECT = "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000);
    private static final String LONG = "x".repeat(1_000_000);

    /** In place of a value, as it stands in the body. */
    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.5",
            "1e400",
            "-1e400",
            "1E-400",
            "2147483648",
            "9223372036854775808",
            "9".repeat(990),
            "9".repeat(2000),
            "\"\"",
            "\" \"",
            "\"\\u0000\"",
            "\"a\\u0000b\"",
            "\"\\ud800\"",
            "\"\\udc00x\"",
            "\"💥\"",
            "\"\\u202e\\ufeff\"",
            "[]",
            "{}",
            "[null]",
            "[[]]",
            "[{}]",
            "{\"\":\"\"}",
            "{\"\\u0000\":1}",
            "{\"type\":\"x\"}",
            "\"null\"",
            "\"{\"",
            "\"[]\"",
            "\"{}\"",
            "\"'\"",
            "\"' or 1=1 --\"",
            "\"%00\"",
            "\"%s%n\"",
            "\"../../etc/passwd\"",
            "\"/\"",
            "\"https://[::1\"",
            "\"-1\"",
            "\"0\"",
            "\"2026-13-45T99:99:99Z\"",
            "\"+1000000000-12-31T23:59:59.999999999Z\"",
            "\"-1000000000-01-01T00:00:00Z\"",
            "\"0000-00-00\"",
            "\"294277-01-01T00:00:00Z\"",
            "\"00000000-0000-1000-8000-000000000000\"",
            "\"00000000-0000-4000-8000-000000000000\"",
            "\"1-1-1-1-1\"",
            "\"* * * * *\"",
            "\"0 0 31 2 *\"",
            "\"Europe/Paris\"",
            "\"&a [*a]\"",
            "\"a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\n"
                    + "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\\n"
                    + "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\"",
            "\"!!java.net.URL http://localhost\"",
            "\"**********\"",
            "\"{\\\"title\\\": \\\"\\\\u0000\\\"}\"",
            "\"{\\\"title\\\": \\\"\\\\ud800\\\"}\"",
            "\"{\\\"a\\\": 1e999999999}\"",
            "\"NaN\"",
            "[\"00000000-0000-4000-8000-000000000000\", null]",
            "[1, \"a\", {}, []]");

    /** In place of the whole body. */
    private static final List<String> BODIES = List.of(
            "",
            " ",
            "null",
            "true",
            "1",
            "\"x\"",
            "[]",
            "{}",
            "{",
            "[",
            "{\"a\"",
            "{\"a\":",
            "{} {}",
            "{}]",
            "{}x",
            "{'a':1}",
            "NaN",
            "\u0000",
            "{\"\":{}}",
            DEEP,
            DEEP_OBJECT,
            "[".repeat(100_000),
            "{\"a\":".repeat(100_000),
            "\"" + LONG + "\"",
            "[" + "1,".repeat(200_000) + "1]",
            "{\"" + "k".repeat(70_000) + "\":1}",
            "9".repeat(100_000),
            "<a/>",
            "a=b&c=d",
            "--x\r\n\r\n--x--",
            "\\",
            "//",
            "/*",
            "\"\\u12\"");

    private static final List<byte[]> BYTES = List.of(
            bytes(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00),
            bytes(0xff),
            bytes(0xc0, 0xaf),
            bytes(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d),
            bytes(0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d),
            bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d),
            bytes(0x00, 0x00, 0x00, 0x7b),
            bytes(0x1f, 0x8b, 0x08, 0x00));

    /** In place of a query or path parameter, percent-encoded where they are not valid otherwise. */
    private static final List<String> PARAMETERS = List.of(
            "",
            "%20",
            "0",
            "-1",
            "1",
            "100",
            "101",
            "2147483648",
            "-2147483649",
            "9223372036854775807",
            "9223372036854775808",
            "99999999999999999999",
            "1.5",
            "1e3",
            "NaN",
            "null",
            "true",
            "%00",
            "a%00b",
            "%ff",
            "%c0%af",
            "%ed%a0%80",
            "%F0%9F%92%A5",
            "%25",
            "%5C",
            "%27",
            "%22",
            "_",
            "*",
            "..",
            "%2F",
            "%3B",
            "x".repeat(3000),
            "00000000-0000-4000-8000-000000000000",
            "00000000-0000-7000-8000-000000000000",
            "1-1-1-1-1",
            "2026-01-01T00:00:00Z",
            "%2B1000000000-12-31T23:59:59Z",
            "-1000000000-01-01T00:00:00Z",
            "running",
            "%D9%A1");

    final long seed = Long.getLong("hostile.seed", System.nanoTime());
    final Duration time = Duration.ofSeconds(Integer.getInteger("hostile.seconds", 25));
    final Random random = new Random(seed);
    final Wire wire = new Wire();
    final List<String> wrong = new ArrayList<>();

    OpenApi api;
    Things things;

    @BeforeEach
    void newThings() {
        api = OpenApi.served(wire);
        things = new Things(wire, api, Tenant.create());
    }

    @Test
    void noBodyIsAServerError() {
        for (Operation operation : api.operations()) {
            if (operation.body() != null) {
                BODIES.forEach(body -> send(operation, Map.of(), "", body.getBytes(StandardCharsets.UTF_8)));
                BYTES.forEach(body -> send(operation, Map.of(), "", body));
            }
        }
        nothingIsWrong();
    }

    @Test
    void noParameterIsAServerError() {
        for (Operation operation : api.operations()) {
            byte[] body = body(operation);
            for (String hostile : PARAMETERS) {
                for (String parameter : operation.queryParameters()) {
                    send(operation, Map.of(), "&" + parameter + "=" + hostile, body);
                }
                for (String parameter : operation.pathParameters()) {
                    // A segment of dots is a step in the tree, not a value.
                    if (!hostile.isEmpty() && !hostile.equals("..")) {
                        send(operation, Map.of(parameter, hostile), "", body);
                    }
                }
            }
        }
        nothingIsWrong();
    }

    @Test
    void noMemberIsAServerError() throws IOException {
        List<Operation> operations = api.operations().stream()
                .filter(operation -> operation.body() != null)
                .toList();
        Instant end = Instant.now().plus(time);
        int sent = 0;
        while (Instant.now().isBefore(end)) {
            for (Operation operation : operations) {
                // Bodies that would do something are the best to spoil one thing in.
                String valid = things.body(operation, random.nextBoolean());
                send(operation, Map.of(), "", JSON.writeValueAsBytes(spoil(JSON.readTree(valid))));
                sent++;
            }
        }
        nothingIsWrong();
        assertTrue(sent > operations.size(), "hardly anything was sent");
    }

    /** The same with one value, or now and then more, replaced. */
    private JsonNode spoil(JsonNode valid) {
        JsonNode spoiled = valid;
        do {
            spoiled = spoilOne(spoiled);
        } while (random.nextInt(4) == 0);
        return spoiled;
    }

    private JsonNode spoilOne(JsonNode value) {
        boolean here = value.isEmpty() || random.nextInt(4) == 0;
        if (!here && value instanceof ObjectNode object) {
            List<String> members = new ArrayList<>();
            object.fieldNames().forEachRemaining(members::add);
            String member = members.get(random.nextInt(members.size()));
            object.set(member, spoilOne(object.get(member)));
            return object;
        }
        if (!here && value instanceof ArrayNode array) {
            int index = random.nextInt(array.size());
            array.set(index, spoilOne(array.get(index)));
            return array;
        }
        return switch (random.nextInt(40)) {
            case 0 -> raw(DEEP);
            case 1 -> raw(DEEP_OBJECT);
            case 2 -> raw("\"" + LONG + "\"");
            case 3 -> raw("\"" + "[".repeat(100_000) + "\"");
            case 4 -> raw("[" + "{},".repeat(20_000) + "{}]");
            case 5 -> raw("[".repeat(900) + "]".repeat(900));
            default -> raw(VALUES.get(random.nextInt(VALUES.size())));
        };
    }

    private static JsonNode raw(String json) {
        return new POJONode(new RawValue(json));
    }

    private byte[] body(Operation operation) {
        String body = things.body(operation, false);
        return body == null ? null : body.getBytes(StandardCharsets.UTF_8);
    }

    private void send(Operation operation, Map<String, String> hostile, String query, byte[] body) {
        // Without these two there would soon be nothing left to be hostile to.
        if (hostile.isEmpty() && operation.method().equals("DELETE")) {
            return;
        }
        String path = operation.path();
        for (String parameter : operation.pathParameters()) {
            String value = hostile.containsKey(parameter)
                    ? hostile.get(parameter)
                    : URLEncoder.encode(things.id(parameter), StandardCharsets.UTF_8);
            path = path.replace("{" + parameter + "}", value);
        }
        Map<String, String> headers = new HashMap<>();
        headers.put("Authorization", "Bearer " + things.tenant().token());
        headers.put("Content-Type", "application/json");
        String target = path + "?page=1" + query;
        Wire.Answer answer;
        try {
            answer = wire.send(operation.method(), target, headers, body);
        } catch (RuntimeException e) {
            wrong.add(operation + " " + target + " " + shown(body) + ": no answer: " + e.getCause());
            return;
        }
        if (answer.status() >= 500 || answer.status() < 200) {
            wrong.add(operation + " " + target + " " + shown(body) + ": " + answer);
        } else if (!"no-store".equals(answer.header("Cache-Control"))
                || !"nosniff".equals(answer.header("X-Content-Type-Options"))) {
            wrong.add(operation + " " + target + " " + shown(body) + ": without the security headers: "
                    + answer.headers());
        }
    }

    private static String shown(byte[] body) {
        if (body == null) {
            return "";
        }
        String text = new String(body, StandardCharsets.UTF_8);
        return text.length() <= 1500 ? text : text.substring(0, 1500) + "… (" + body.length + " bytes)";
    }

    private void nothingIsWrong() {
        List<String> first = wrong.subList(0, Math.min(wrong.size(), 40));
        assertEquals(0, wrong.size(), "seed " + seed + "\n  " + String.join("\n  ", first));
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
