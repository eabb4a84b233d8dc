package com.reliably.secret;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jboss.logging.Logger;

/**
 * Seals and opens secrets with AES-256-GCM (NIST SP 800-38D). Owner and name are authenticated with each secret, so that
 * a row that was copied to another owner does not open.
 */
@ApplicationScoped
class Sealer {

    private static final Logger LOG = Logger.getLogger(Sealer.class);
    private static final String CIPHER = "AES/GCM/NoPadding";
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final EncryptionKeys keys;
    private final SecureRandom random = new SecureRandom();

    Sealer(SecretSettings settings) {
        String configured = settings.encryptionKeys()
                .orElseThrow(() -> new ConfigurationException("No encryption key is configured: set"
                        + " RELIABLY_ENCRYPTION_KEYS to 'id:base64key', made with 'openssl rand -base64 32'"));
        try {
            this.keys = EncryptionKeys.parse(configured);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(e.getMessage());
        }
    }

    /** Keys that are no keys stop the start, not the first request that needs them. */
    void checkKeys(@Observes StartupEvent event) {
        LOG.debugf("Secrets are sealed with key '%s'", currentKeyId());
    }

    /** The id of the key that seals. */
    String currentKeyId() {
        return keys.currentId();
    }

    /** The ids of the configured keys that only open. */
    List<String> olderKeyIds() {
        return keys.olderIds();
    }

    /** Nonce and ciphertext of the secret, under the current key. */
    byte[] seal(SecretOwner owner, String name, String clear) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] ciphertext = crypt(
                Cipher.ENCRYPT_MODE,
                keys.get(currentKeyId()),
                nonce,
                owner,
                name,
                clear.getBytes(StandardCharsets.UTF_8));
        return ByteBuffer.allocate(NONCE_BYTES + ciphertext.length)
                .put(nonce)
                .put(ciphertext)
                .array();
    }

    /**
     * The secret in clear.
     *
     * @throws IllegalStateException where the key is not configured, or the row was changed
     */
    String open(SecretOwner owner, String name, String keyId, byte[] sealed) {
        SecretKeySpec key = keys.get(keyId);
        if (key == null) {
            throw new IllegalStateException("A secret was sealed with key '" + keyId
                    + "', which is not in RELIABLY_ENCRYPTION_KEYS (any more): add it again behind the current key");
        }
        ByteBuffer buffer = ByteBuffer.wrap(sealed);
        byte[] nonce = new byte[NONCE_BYTES];
        buffer.get(nonce);
        byte[] ciphertext = new byte[buffer.remaining()];
        buffer.get(ciphertext);
        return new String(crypt(Cipher.DECRYPT_MODE, key, nonce, owner, name, ciphertext), StandardCharsets.UTF_8);
    }

    private static byte[] crypt(
            int mode, SecretKeySpec key, byte[] nonce, SecretOwner owner, String name, byte[] input) {
        try {
            Cipher cipher = Cipher.getInstance(CIPHER);
            cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD((owner.orgId() + "/" + owner.kind() + "/" + owner.id() + "/" + name)
                    .getBytes(StandardCharsets.UTF_8));
            return cipher.doFinal(input);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(
                    "The secret '" + name + "' of " + owner.kind() + " " + owner.id()
                            + " does not open: its row was changed, or the key is another one of the same id",
                    e);
        }
    }
}
