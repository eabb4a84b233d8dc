package com.reliably.start;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;

/**
 * What the server makes for itself on its host where nothing is configured, and tells Quarkus by system properties:
 * the data directory, an encryption key, an embedded PostgreSQL.
 */
final class LocalResources {

    private static final String REACTIVE_URL = "quarkus.datasource.reactive.url";
    private static final String JDBC_URL = "quarkus.datasource.jdbc.url";
    private static final String KEYS = "reliably.encryption-keys";
    private static final String KEY_FILE = "encryption-keys";

    private static EmbeddedDatabase database;

    private LocalResources() {}

    /**
     * Prepares everything. Does nothing the second time, as it happens in development mode.
     *
     * @throws StartFailure with the reason and the remedy
     */
    static void prepare() {
        if (System.getProperty("com.reliably.local-resources") != null) {
            return;
        }
        DataDirectory directory = DataDirectory.open(Setting.of("RELIABLY_DATA_DIR", "reliably.data-dir").map(Path::of));
        System.setProperty("reliably.data-dir", directory.path().toString());
        Optional<DatabaseUrl> external = DatabaseUrl.configured();
        if (external.isPresent()) {
            use(external.get());
        } else {
            directory.lock();
            database = EmbeddedDatabase.start(directory);
            use(database.url());
            System.setProperty("quarkus.datasource.username", database.userName());
            System.setProperty("quarkus.datasource.password", database.password());
        }
        ensureEncryptionKey(directory);
        System.setProperty("com.reliably.local-resources", "prepared");
    }

    /** Stops what {@link #prepare} started; harmless when nothing was. */
    static synchronized void release() {
        if (database != null) {
            database.stop();
            database = null;
        }
    }

    private static void use(DatabaseUrl url) {
        System.setProperty(REACTIVE_URL, url.reactive());
        System.setProperty(JDBC_URL, url.jdbc());
    }

    private static void ensureEncryptionKey(DataDirectory directory) {
        if (Setting.of("RELIABLY_ENCRYPTION_KEYS", KEYS).isPresent()) {
            return;
        }
        String keys = directory.read(KEY_FILE).orElseGet(() -> {
            byte[] key = new byte[32];
            new SecureRandom().nextBytes(key);
            String fresh = "local-1:" + Base64.getEncoder().encodeToString(key);
            directory.write(KEY_FILE, fresh);
            return fresh;
        });
        System.setProperty(KEYS, keys);
    }
}
