package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Who may ask, and how often: credentials, the tokens of an App, and rate limits. */
public final class StandInAccess {

    private static final String INSTALLATION = "/app/installations/77/access_tokens";

    private final StandInWords words;
    private final Clock clock;
    private final ObjectMapper json = new ObjectMapper();
    private final AtomicInteger tokens = new AtomicInteger();

    public volatile String token = "github-token";
    /** Of the App that may ask for tokens; null where none may. */
    public volatile PublicKey appKey;
    /** What the App may do. */
    public final Map<String, String> appPermissions = new ConcurrentHashMap<>(
            Map.of("contents", "write", "workflows", "write", "actions", "write", "metadata", "read"));
    /** Of a classic token; empty for others. */
    public volatile String scopes = "";
    /** The repository is private, and these credentials do not reach it. */
    public volatile boolean hidden;

    public volatile Instant limitedUntil;
    /** Seconds that the next request is told to wait, once; null for none. */
    public volatile String secondaryLimit;

    StandInAccess(StandInWords words, Clock clock) {
        this.words = words;
        this.clock = clock;
    }

    /** What is said to whoever asks too often, or with the wrong credentials; empty where the request may be answered. */
    Optional<StandInAnswer> refusal(String path, String authorization) throws IOException {
        if (secondaryLimit != null) {
            String seconds = secondaryLimit;
            secondaryLimit = null;
            return Optional.of(new StandInAnswer(
                    403, words.said("You have exceeded a secondary rate limit."), Map.of("retry-after", seconds)));
        }
        if (limitedUntil != null && clock.instant().isBefore(limitedUntil)) {
            return Optional.of(new StandInAnswer(
                    403,
                    words.said("API rate limit exceeded for user ID 1."),
                    Map.of(
                            "x-ratelimit-remaining",
                            "0",
                            "x-ratelimit-reset",
                            Long.toString(limitedUntil.getEpochSecond()),
                            "date",
                            DateTimeFormatter.RFC_1123_DATE_TIME.format(
                                    clock.instant().atZone(ZoneOffset.UTC)))));
        }
        boolean asApp = path.endsWith("/installation") || path.startsWith("/app/");
        boolean good = asApp ? isSignedByApp(authorization) : authorization.equals("Bearer " + token);
        return good ? Optional.empty() : Optional.of(words.refusal(401, "Bad credentials"));
    }

    /** Whether it is a JWT as an App makes it: signed with its key, and good for ten minutes at most. */
    private boolean isSignedByApp(String authorization) throws IOException {
        String[] parts = authorization.replace("Bearer ", "").split("\\.");
        if (appKey == null || parts.length != 3) {
            return false;
        }
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initVerify(appKey);
            signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
            JsonNode claims = json.readTree(Base64.getUrlDecoder().decode(parts[1]));
            long now = clock.instant().getEpochSecond();
            return signature.verify(Base64.getUrlDecoder().decode(parts[2]))
                    && claims.path("iat").asLong() <= now
                    && claims.path("exp").asLong() > now
                    && claims.path("exp").asLong() <= now + 600;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Whether a path of the API is where tokens of an installation are made. */
    static boolean makesTokens(String path) {
        return path.equals(INSTALLATION);
    }

    /** A new token, which is the one that is good from now on. */
    StandInAnswer newToken() {
        token = "ghs_" + tokens.incrementAndGet();
        ObjectNode made = words.example("post", "/app/installations/{installation_id}/access_tokens", 201);
        made.remove("repositories");
        made.set("permissions", json.valueToTree(appPermissions));
        String end = clock.instant().plus(Duration.ofHours(1)).toString();
        return StandInAnswer.of(201, made.put("token", token).put("expires_at", end));
    }

    /** The App's installation in the repository. */
    StandInAnswer installation() {
        return StandInAnswer.of(
                200,
                words.example("get", "/repos/{owner}/{repo}/installation", 200).put("id", 77));
    }
}
