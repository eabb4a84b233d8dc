package com.reliably.runner.github.repository;

import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.digests.Blake2bDigest;
import org.bouncycastle.crypto.engines.Salsa20Engine;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.bouncycastle.crypto.params.X25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.X25519PublicKeyParameters;
import org.bouncycastle.util.Pack;

/**
 * Seals what only the holder of a key can open, as libsodium's {@code crypto_box_seal} does: with a key pair that is made for
 * this one message and thrown away. The primitives are Bouncy Castle's; how they are put together is written here, because no
 * library for Java does that without native code. docs/adr/0017 has more.
 *
 * @see <a href="https://doc.libsodium.org/public-key_cryptography/sealed_boxes">sealed boxes</a>
 */
final class SealedBox {

    private static final int KEY = 32;
    private static final int TAG = 16;
    private static final int NONCE = 24;
    private static final int SALSA_ROUNDS = 20;
    /** "expand 32-byte k", little-endian. */
    private static final int[] SIGMA = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    /** Where those words stand in Salsa20's state, and those of its nonce; HSalsa20 gives what comes out there. */
    private static final int[] SIGMA_AT = {0, 5, 10, 15};

    private static final int[] NONCE_AT = {6, 7, 8, 9};

    private final X25519PublicKeyParameters recipient;

    /**
     * A box for whoever has the private key to this public key.
     *
     * @param recipient 32 bytes
     * @throws IllegalArgumentException where they are no key
     */
    SealedBox(byte[] recipient) {
        if (recipient.length != KEY) {
            throw new IllegalArgumentException("A public key has " + KEY + " bytes, not " + recipient.length);
        }
        this.recipient = new X25519PublicKeyParameters(recipient);
    }

    /** The message, sealed: 48 bytes more than it has. */
    byte[] seal(byte[] message, SecureRandom random) {
        return seal(message, new X25519PrivateKeyParameters(random));
    }

    /** The same, with a key pair that was made elsewhere; it must never be used again. */
    byte[] seal(byte[] message, X25519PrivateKeyParameters ephemeral) {
        byte[] sender = ephemeral.generatePublicKey().getEncoded();
        byte[] shared = new byte[KEY];
        // Refuses public keys of low order, with which everybody would know what is agreed on.
        ephemeral.generateSecret(recipient, shared, 0);
        byte[] sealed = new byte[KEY + TAG + message.length];
        System.arraycopy(sender, 0, sealed, 0, KEY);
        secretBox(hSalsa20(shared), nonce(sender), message, sealed, KEY);
        Arrays.fill(shared, (byte) 0);
        return sealed;
    }

    /** Needs no randomness of its own: no pair of keys ever occurs twice. */
    private byte[] nonce(byte[] sender) {
        Blake2bDigest digest = new Blake2bDigest(NONCE * 8);
        digest.update(sender, 0, KEY);
        digest.update(recipient.getEncoded(), 0, KEY);
        byte[] nonce = new byte[NONCE];
        digest.doFinal(nonce, 0);
        return nonce;
    }

    /** The key of {@code crypto_box}: HSalsa20 of what was agreed on, with a nonce of zeros. */
    private static byte[] hSalsa20(byte[] shared) {
        int[] state = new int[16];
        for (int i = 0; i < SIGMA.length; i++) {
            state[SIGMA_AT[i]] = SIGMA[i];
        }
        Pack.littleEndianToInt(shared, 0, state, 1, 4);
        Pack.littleEndianToInt(shared, 16, state, 11, 4);
        int[] mixed = new int[16];
        Salsa20Engine.salsaCore(SALSA_ROUNDS, state, mixed);
        byte[] key = new byte[KEY];
        for (int i = 0; i < 4; i++) {
            // The core adds what went in, which HSalsa20 does not.
            Pack.intToLittleEndian(mixed[SIGMA_AT[i]] - state[SIGMA_AT[i]], key, i * 4);
            Pack.intToLittleEndian(mixed[NONCE_AT[i]] - state[NONCE_AT[i]], key, 16 + i * 4);
        }
        return key;
    }

    /** XSalsa20, whose first 32 bytes are Poly1305's key; the tag comes before what it is of. */
    private static void secretBox(byte[] key, byte[] nonce, byte[] message, byte[] out, int at) {
        XSalsa20Engine cipher = new XSalsa20Engine();
        cipher.init(true, new ParametersWithIV(new KeyParameter(key), nonce));
        byte[] macKey = new byte[KEY];
        cipher.processBytes(macKey, 0, KEY, macKey, 0);
        cipher.processBytes(message, 0, message.length, out, at + TAG);
        Poly1305 mac = new Poly1305();
        mac.init(new KeyParameter(macKey));
        mac.update(out, at + TAG, message.length);
        mac.doFinal(out, at);
    }
}
