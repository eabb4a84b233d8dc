package com.reliably.runner.kubernetes.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;

/** A token as it stands in a kubeconfig. */
final class GivenToken implements BearerToken {

    private final String token;
    private final Instant expiry;

    /**
     * @param token null where requests have none
     * @param json  reads what a token says of itself
     */
    GivenToken(String token, ObjectMapper json) {
        this.token = token;
        this.expiry = token == null ? null : expiryOf(token, json);
    }

    @Override
    public String getToken() {
        return token;
    }

    @Override
    public Instant expiry() {
        return expiry;
    }

    /** The claim {@code exp} of a JSON Web Token (RFC 7519), believed for nothing but words; null for other tokens. */
    static Instant expiryOf(String token, ObjectMapper json) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3) {
            return null;
        }
        try {
            JsonNode expiry = json.readTree(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8))
                    .path("exp");
            return expiry.isIntegralNumber() && expiry.canConvertToLong()
                    ? Instant.ofEpochSecond(expiry.longValue())
                    : null;
        } catch (JsonProcessingException | RuntimeException e) {
            return null;
        }
    }
}
