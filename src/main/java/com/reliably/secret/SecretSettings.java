package com.reliably.secret;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithName;
import java.util.Optional;

/** How secrets are kept. */
@ConfigMapping(prefix = "reliably")
public interface SecretSettings {

    /**
     * {@code id:base64key[,id:base64key…]}, 32 bytes each: the first encrypts, all decrypt. Where it is not set, the
     * server makes a key at its first start and keeps it in the data directory.
     */
    @WithName("encryption-keys")
    Optional<String> encryptionKeys();
}
