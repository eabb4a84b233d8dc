package com.reliably.runner.github.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tokens of GitHub Apps: an App says who it is by a JWT that it signs, and gets for that a token of its installation in a
 * repository, which ends after an hour and is renewed here before.
 *
 * @see <a href="https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app">authenticating</a>
 */
@Singleton
final class AppTokens {

    private static final Duration RENEWED_BEFORE = Duration.ofMinutes(5);
    /** GitHub takes ten minutes at most, and clocks differ. */
    private static final Duration JWT_LIFE = Duration.ofMinutes(8);

    /** A token that is younger has what the App has. */
    private static final Duration YOUNG = Duration.ofMinutes(1);

    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(1);
    /** AlgorithmIdentifier of rsaEncryption, in DER; see RFC 5208 and RFC 8017. */
    private static final byte[] RSA = {
        0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
    };

    private final GitHubHttp http;
    private final Clock clock;
    private final Map<String, Slot> slots = new ConcurrentHashMap<>();

    AppTokens(GitHubHttp http, Clock clock) {
        this.http = http;
        this.clock = clock;
    }

    @RegisterForReflection
    private record Installation(
            Long id,
            String token,
            @JsonProperty("expires_at") Instant expiresAt,
            Map<String, String> permissions) {

        /** Without the token. */
        @Override
        public String toString() {
            return "Installation[" + id + "]";
        }
    }

    /** The value of the header, for a repository. Blocks. */
    String authorization(String caller, RepositoryAddress address, String appId, String privateKey) throws GitHubFault {
        return "Bearer " + token(caller, address, appId, privateKey).token();
    }

    /** What the App may do in a repository, as in {@code contents: write}. Blocks. */
    Map<String, String> permissions(String caller, RepositoryAddress address, String appId, String privateKey)
            throws GitHubFault {
        Map<String, String> permissions =
                token(caller, address, appId, privateKey).permissions();
        return permissions == null ? Map.of() : permissions;
    }

    /**
     * Has the next request ask for a new token: GitHub refused one that has not ended yet, because the App was installed anew,
     * or was given a right that its older tokens do not have.
     *
     * @return whether there was one that is older than a moment, so that asking again is worth while
     */
    boolean forget(String caller, RepositoryAddress address) {
        Slot slot = slots.get(keyOf(caller, address));
        return slot != null && slot.forget(clock.instant().minus(YOUNG));
    }

    private Installation token(String caller, RepositoryAddress address, String appId, String privateKey)
            throws GitHubFault {
        slots.values().removeIf(slot -> slot.isOver(clock.instant()));
        return slots.computeIfAbsent(keyOf(caller, address), key -> new Slot())
                .token(() -> newToken(caller, address, appId, privateKey), clock);
    }

    private static String keyOf(String caller, RepositoryAddress address) {
        return caller + "/" + address.fullName();
    }

    private interface Source {
        Installation get() throws GitHubFault;
    }

    /** The token of one installation; whoever needs a new one waits for the one who asks for it. */
    private static final class Slot {

        private Installation known;
        private Instant since;

        private synchronized Installation token(Source source, Clock clock) throws GitHubFault {
            if (known == null || clock.instant().isAfter(known.expiresAt().minus(RENEWED_BEFORE))) {
                known = source.get();
                since = clock.instant();
            }
            return known;
        }

        private synchronized boolean forget(Instant olderThan) {
            boolean isOld = known != null && since.isBefore(olderThan);
            if (isOld) {
                known = null;
            }
            return isOld;
        }

        private synchronized boolean isOver(Instant now) {
            return known != null && now.isAfter(known.expiresAt());
        }
    }

    private Installation newToken(String caller, RepositoryAddress address, String appId, String privateKey)
            throws GitHubFault {
        Map<String, String> headers =
                Map.of("Authorization", "Bearer " + jwt(appId, privateKey), "Accept", "application/vnd.github+json");
        Installation installation = http.read(
                http.sendHere(new GitHubHttp.Request(caller, "GET", address.at("/installation"), headers, null)),
                Installation.class);
        URI uri = URI.create(address.api() + "/app/installations/" + installation.id() + "/access_tokens");
        Map<String, String> withBody = new java.util.HashMap<>(headers);
        withBody.put("Content-Type", "application/json");
        byte[] body = http.jsonOf(Map.of("repositories", java.util.List.of(address.name())));
        return http.read(
                http.sendHere(new GitHubHttp.Request(caller, "POST", uri, withBody, body)), Installation.class);
    }

    private String jwt(String appId, String privateKey) throws GitHubFault {
        Instant now = clock.instant();
        byte[] claims = http.jsonOf(Map.of(
                "iss", appId,
                "iat", now.minus(CLOCKS_DIFFER).getEpochSecond(),
                "exp", now.plus(JWT_LIFE).getEpochSecond()));
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        String signed = base64.encodeToString("{\"alg\":\"RS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.US_ASCII))
                + "." + base64.encodeToString(claims);
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(key(privateKey));
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + base64.encodeToString(signature.sign());
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // The cause may quote the key.
            throw new GitHubFault.Refused(
                    401, "The App's private key cannot be read: give it as GitHub made it (PEM, RSA).");
        }
    }

    /** A key in PEM: of PKCS#8, or of PKCS#1 as GitHub makes them. */
    private static PrivateKey key(String pem) throws GeneralSecurityException {
        byte[] der = Base64.getMimeDecoder()
                .decode(pem.replaceAll("-----(BEGIN|END) (RSA )?PRIVATE KEY-----", "")
                        .strip());
        byte[] pkcs8 = pem.contains("BEGIN RSA PRIVATE KEY") ? wrapped(der) : der;
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    private static byte[] wrapped(byte[] pkcs1) {
        byte[] version = {0x02, 0x01, 0x00};
        byte[] octets = der(0x04, pkcs1);
        byte[] content = new byte[version.length + RSA.length + octets.length];
        System.arraycopy(version, 0, content, 0, version.length);
        System.arraycopy(RSA, 0, content, version.length, RSA.length);
        System.arraycopy(octets, 0, content, version.length + RSA.length, octets.length);
        return der(0x30, content);
    }

    private static byte[] der(int tag, byte[] content) {
        int length = content.length;
        byte[] head = length < 0x80
                ? new byte[] {(byte) tag, (byte) length}
                : length < 0x100
                        ? new byte[] {(byte) tag, (byte) 0x81, (byte) length}
                        : new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
        byte[] whole = new byte[head.length + length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(content, 0, whole, head.length, length);
        return whole;
    }
}
