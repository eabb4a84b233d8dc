package com.reliably.runner.github.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What GitHub signs a delivery with: the HMAC of its body, by the webhook's secret.
 *
 * @see <a href="https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries">validating deliveries</a>
 */
final class WebhookSignature {

    private static final String ALGORITHM = "HmacSHA256";
    private static final String PREFIX = "sha256=";
    private static final Pattern FORM = Pattern.compile(PREFIX + "[0-9a-fA-F]{64}");

    /** In place of a secret that there is not: it costs as much, and no signature is good for it. */
    private static final byte[] NO_SECRET = new byte[32];

    private final byte[] given;

    private WebhookSignature(byte[] given) {
        this.given = given;
    }

    /**
     * Reads the header {@code X-Hub-Signature-256}.
     *
     * @param header null where there was none
     * @return empty where it is no signature, whatever the secret
     */
    static Optional<WebhookSignature> of(String header) {
        return header == null || !FORM.matcher(header).matches()
                ? Optional.empty()
                : Optional.of(new WebhookSignature(HexFormat.of().parseHex(header, PREFIX.length(), header.length())));
    }

    /**
     * Whether it is that of a body. Takes as long whatever it is that is wrong.
     *
     * @param secret null or empty where there is none: then it is never good
     */
    boolean isOf(byte[] body, String secret) {
        boolean known = secret != null && !secret.isEmpty();
        byte[] key = known ? secret.getBytes(StandardCharsets.UTF_8) : NO_SECRET;
        return MessageDigest.isEqual(hmac(body, key), given) & known;
    }

    private static byte[] hmac(byte[] body, byte[] key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
