package com.reliably.start;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What the server makes for itself on its host where nothing is configured, and tells Quarkus by system properties:
 * the data directory, an encryption key, an embedded PostgreSQL. One instance lives in a virtual machine, held by the
 * shutdown hook that it is: development mode loads this class anew with every change of the code, while the database
 * goes on.
 */
final class LocalResources extends Thread {

    private static final String PREPARED = "com.reliably.local-resources";
    private static final String KEYS = "reliably.encryption-keys";
    private static final List<String> REACTIVE_TRUST = List.of(
            "quarkus.datasource.reactive.trust-all",
            "quarkus.datasource.reactive.trust-certificate-pem",
            "quarkus.datasource.reactive.trust-certificate-jks",
            "quarkus.datasource.reactive.trust-certificate-pfx");
    private static final String KEY_FILE = "encryption-keys";
    private static final int SERVER_STOPS_WITHIN_SECONDS = 60;

    private final CountDownLatch serverStopped;
    private EmbeddedDatabase database;

    private LocalResources(CountDownLatch serverStopped) {
        super("local-resources");
        this.serverStopped = serverStopped;
    }

    /** Whether this virtual machine has prepared them already, as it happens in development mode. */
    static boolean arePrepared() {
        return System.getProperty(PREPARED) != null;
    }

    /**
     * Prepares everything, and has it released when the virtual machine ends.
     *
     * @param serverStopped reaches zero when Quarkus has stopped (or will not be started): the database goes after it
     * @throws StartFailure with the reason and the remedy
     */
    static void prepare(CountDownLatch serverStopped) {
        LocalResources resources = new LocalResources(serverStopped);
        Runtime.getRuntime().addShutdownHook(resources);
        resources.prepare();
        System.setProperty(PREPARED, "prepared");
    }

    /** The shutdown hook. */
    @Override
    public void run() {
        try {
            serverStopped.await(SERVER_STOPS_WITHIN_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        release();
    }

    private synchronized void release() {
        if (database != null) {
            database.stop();
            database = null;
        }
    }

    private synchronized void prepare() {
        DataDirectory directory = DataDirectory.open(dataDirectory());
        System.setProperty("reliably.data-dir", directory.path().toString());
        // Also beside an external database: runs on this host belong to the server that has the directory.
        directory.lock();
        Optional<DatabaseUrl> external = DatabaseUrl.configured();
        if (external.isPresent()) {
            useExternal(external.get());
        } else {
            database = EmbeddedDatabase.start(directory);
            use(database.url());
            System.setProperty("quarkus.datasource.username", database.userName());
            System.setProperty("quarkus.datasource.password", database.password());
        }
        ensureEncryptionKey(directory);
    }

    private static Optional<Path> dataDirectory() {
        Optional<String> configured = Setting.of("RELIABLY_DATA_DIR", "reliably.data-dir");
        try {
            return configured.map(Path::of);
        } catch (InvalidPathException e) {
            throw new StartFailure("RELIABLY_DATA_DIR is not a path: " + e.getMessage());
        }
    }

    private static void useExternal(DatabaseUrl url) {
        use(url);
        if (Setting.of("QUARKUS_DATASOURCE_USERNAME", "quarkus.datasource.username")
                .isEmpty()) {
            url.user().ifPresent(user -> System.setProperty("quarkus.datasource.username", user));
        }
        if (Setting.of("QUARKUS_DATASOURCE_PASSWORD", "quarkus.datasource.password")
                .isEmpty()) {
            url.password().ifPresent(password -> System.setProperty("quarkus.datasource.password", password));
        }
        useCertificates(url);
    }

    /** JDBC reads them from the URL; the reactive client has settings for them, which the operator may have made. */
    private static void useCertificates(DatabaseUrl url) {
        if (REACTIVE_TRUST.stream()
                .anyMatch(name -> Setting.of(environmentName(name), name).isPresent())) {
            return;
        }
        switch (url.tls()) {
            case DISABLE -> {}
            case UNVERIFIED -> System.setProperty("quarkus.datasource.reactive.trust-all", "true");
            case VERIFY_CA, VERIFY_FULL -> {
                String certificate = url.rootCertificate()
                        .orElseThrow(
                                () -> new StartFailure(
                                        "the URL of the database demands"
                                                + " a verified certificate; name the authority's file in it too, as in &sslrootcert=/etc/ssl/database-ca.pem"));
                if (!Files.isReadable(Path.of(certificate))) {
                    throw new StartFailure(
                            "the file " + certificate + " (sslrootcert in the URL of the database) cannot be read");
                }
                System.setProperty("quarkus.datasource.reactive.trust-certificate-pem", "true");
                System.setProperty("quarkus.datasource.reactive.trust-certificate-pem.certs", certificate);
                if (url.tls() == DatabaseUrl.Tls.VERIFY_FULL) {
                    System.setProperty("quarkus.datasource.reactive.hostname-verification-algorithm", "HTTPS");
                }
            }
        }
    }

    private static String environmentName(String property) {
        return property.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
    }

    private static void use(DatabaseUrl url) {
        System.setProperty("quarkus.datasource.reactive.url", url.reactive());
        System.setProperty("quarkus.datasource.jdbc.url", url.jdbc());
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
