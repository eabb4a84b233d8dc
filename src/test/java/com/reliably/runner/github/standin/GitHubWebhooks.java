package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.testing.Wire;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A webhook as it is set up at GitHub: sends signed deliveries to one address. */
public final class GitHubWebhooks {

    private final Wire wire = new Wire();
    private final ObjectMapper json = new ObjectMapper();
    private final String target;
    private final String secret;
    private final List<Wire.Answer> answers = new CopyOnWriteArrayList<>();

    /** @param target the path of the address */
    public GitHubWebhooks(String target, String secret) {
        this.target = target;
        this.secret = secret;
    }

    /** Sends an event about a run. */
    public Wire.Answer send(JsonNode body) {
        try {
            return send(json.writeValueAsBytes(body), Map.of());
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends these bytes, with some headers otherwise than GitHub has them. */
    public Wire.Answer send(byte[] body, Map<String, String> others) {
        Map<String, String> headers = new HashMap<>(Map.of(
                "Content-Type", "application/json",
                "User-Agent", "GitHub-Hookshot/044aadd",
                "X-GitHub-Event", "workflow_run",
                "X-GitHub-Delivery", UUID.randomUUID().toString(),
                "X-Hub-Signature-256", signature(body, secret)));
        headers.putAll(others);
        headers.values().removeIf(String::isEmpty);
        Wire.Answer answer = wire.send("POST", target, headers, body);
        answers.add(answer);
        return answer;
    }

    /** What came of the deliveries, as GitHub shows it. */
    public List<Wire.Answer> answers() {
        return answers;
    }

    /** As GitHub signs. */
    public static String signature(byte[] body, String secret) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return "sha256=" + HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
