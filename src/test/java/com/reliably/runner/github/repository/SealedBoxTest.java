package com.reliably.runner.github.repository;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.reliably.testing.OnEveryJdk;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.crypto.params.X25519PrivateKeyParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against what libsodium (PyNaCl 1.6.2) makes of the same keys; GitHubRunIT has libsodium open what is sealed here. */
@OnEveryJdk
class SealedBoxTest {

    /** To the private key of the bytes 1 to 32. */
    private static final byte[] RECIPIENT = Base64.getDecoder().decode("B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=");

    private final SealedBox box = new SealedBox(RECIPIENT);

    @ParameterizedTest
    @CsvSource({
        "'', VxR2nRFr92Q2rnS8eT0sMK0ZA8WaxSc4BcfiaYtBDDZXc/6sDRx8iDnShN+IYF9m",
        "a, VxR2nRFr92Q2rnS8eT0sMK0ZA8WaxSc4BcfiaYtBDDarihEqF0etQENYWzGZUOZkQA==",
        "rly_0123456789 token of a plan,"
                + " VxR2nRFr92Q2rnS8eT0sMK0ZA8WaxSc4BcfiaYtBDDY53+VaX3MJ3IIr39kO/dZvU/JaPTM0rjUuyQ2E8U6eh5kGnv2m/OWM7rxgvebD"
    })
    void aMessageIsSealedAsLibsodiumDoes(String message, String sealed) {
        assertEquals(
                sealed,
                Base64.getEncoder().encodeToString(box.seal(message.getBytes(StandardCharsets.UTF_8), ephemeral())));
    }

    @Test
    void aMessageOfSeveralBlocksIsSealedAsLibsodiumDoes() throws Exception {
        byte[] message = new byte[200];
        for (int i = 0; i < message.length; i++) {
            message[i] = (byte) (i % 251);
        }
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(box.seal(message, ephemeral()));
        assertEquals(
                "3673bd302811940a5fb97e50c03f541bc1a2b0b1e805fc53467d7026104dbc23",
                HexFormat.of().formatHex(digest));
    }

    /** Of the bytes 101 to 132. */
    private static X25519PrivateKeyParameters ephemeral() {
        byte[] key = new byte[32];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) (101 + i);
        }
        return new X25519PrivateKeyParameters(key);
    }

    @Test
    void noTwoBoxesAreTheSame() {
        byte[] message = {1, 2, 3};
        SecureRandom random = new SecureRandom();
        byte[] one = box.seal(message, random);
        assertEquals(message.length + 48, one.length);
        assertFalse(Arrays.equals(one, box.seal(message, random)));
        assertArrayEquals(new byte[] {1, 2, 3}, message);
    }

    @Test
    void whatIsNoKeyIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new SealedBox(new byte[31]));
        // A point of low order: what is agreed on with it is known to all.
        SealedBox open = new SealedBox(new byte[32]);
        assertThrows(IllegalStateException.class, () -> open.seal(new byte[1], new SecureRandom()));
    }
}
