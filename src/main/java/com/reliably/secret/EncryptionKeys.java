package com.reliably.secret;

import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.spec.SecretKeySpec;

/** The keys that seal secrets: the first encrypts, all decrypt. */
final class EncryptionKeys {

    private static final int KEY_BYTES = 32;

    private final Map<String, SecretKeySpec> keys;
    private final String currentId;

    private EncryptionKeys(Map<String, SecretKeySpec> keys) {
        this.keys = keys;
        this.currentId = keys.keySet().iterator().next();
    }

    /**
     * Reads {@code id:base64key[,id:base64key…]}.
     *
     * @throws IllegalArgumentException naming what is wrong, without any part of a key
     */
    static EncryptionKeys parse(String setting) {
        Map<String, SecretKeySpec> keys = new LinkedHashMap<>();
        for (String entry : setting.strip().split(",")) {
            int colon = entry.indexOf(':');
            String id = colon < 0 ? "" : entry.substring(0, colon).strip();
            if (!id.matches("[A-Za-z0-9._-]{1,64}")) {
                throw new IllegalArgumentException("RELIABLY_ENCRYPTION_KEYS: entry " + (keys.size() + 1)
                        + " is not 'id:base64key' with an id of letters, digits, '.', '_' and '-'");
            }
            byte[] key;
            try {
                key = Base64.getDecoder().decode(entry.substring(colon + 1).strip());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("RELIABLY_ENCRYPTION_KEYS: key '" + id + "' is not base64");
            }
            if (key.length != KEY_BYTES) {
                throw new IllegalArgumentException("RELIABLY_ENCRYPTION_KEYS: key '" + id + "' has " + key.length
                        + " bytes, AES-256 needs 32; make one with 'openssl rand -base64 32'");
            }
            if (keys.put(id, new SecretKeySpec(key, "AES")) != null) {
                throw new IllegalArgumentException("RELIABLY_ENCRYPTION_KEYS: the id '" + id + "' stands twice");
            }
            Arrays.fill(key, (byte) 0);
        }
        return new EncryptionKeys(keys);
    }

    String currentId() {
        return currentId;
    }

    /** The ids of all keys but the current one. */
    List<String> olderIds() {
        return keys.keySet().stream().skip(1).toList();
    }

    /** The key of that id, or null where it is not configured (any more). */
    SecretKeySpec get(String id) {
        return keys.get(id);
    }
}
