package com.reliably.runner.github.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.github.standin.GitHubWebhooks;
import com.reliably.testing.OnEveryJdk;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

@OnEveryJdk
class WebhookSignatureTest {

    /** The values by which GitHub's documentation lets one try out an implementation. */
    private static final String SECRET = "It's a Secret to Everybody";

    private static final byte[] BODY = "Hello, World!".getBytes(StandardCharsets.UTF_8);
    private static final String HEX = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    @Test
    void isThatOfGitHubsDocumentation() {
        assertTrue(signature("sha256=" + HEX).isOf(BODY, SECRET));
    }

    @Test
    void mayBeInCapitals() {
        assertTrue(signature("sha256=" + HEX.toUpperCase(Locale.ROOT)).isOf(BODY, SECRET));
    }

    @Test
    void isOfOneBodyAndOneSecretOnly() {
        WebhookSignature signature = signature("sha256=" + HEX);
        assertFalse(signature.isOf("Hello, World".getBytes(StandardCharsets.UTF_8), SECRET));
        assertFalse(signature.isOf(new byte[0], SECRET));
        assertFalse(signature.isOf(BODY, SECRET + " "));
        assertFalse(signature("sha256=" + HEX.replace('7', '8')).isOf(BODY, SECRET));
    }

    @Test
    void isNeverGoodWhereThereIsNoSecret() {
        assertFalse(signature("sha256=" + HEX).isOf(BODY, null));
        assertFalse(signature("sha256=" + HEX).isOf(BODY, ""));
        // Nor by what stands in for one, which everybody can read here.
        String ofZeros = GitHubWebhooks.signature(BODY, "\0".repeat(32));
        assertTrue(signature(ofZeros).isOf(BODY, "\0".repeat(32)));
        assertFalse(signature(ofZeros).isOf(BODY, null));
    }

    @ParameterizedTest
    @NullAndEmptySource
    @ValueSource(
            strings = {
                HEX,
                "sha1=" + HEX,
                "SHA256=" + HEX,
                " sha256=" + HEX,
                "sha256=",
                "sha256=00",
                "sha256=" + HEX + "00",
                "sha256=" + HEX + "\n",
                "sha256=x57107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
                "sha256=" + HEX + ",sha256=" + HEX
            })
    void isNothingInAnotherForm(String header) {
        assertEquals(Optional.empty(), WebhookSignature.of(header));
    }

    private static WebhookSignature signature(String header) {
        return WebhookSignature.of(header).orElseThrow();
    }
}
