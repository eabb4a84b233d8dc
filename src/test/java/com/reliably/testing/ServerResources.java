package com.reliably.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A real PostgreSQL and a data directory for tests that run the server in this process. */
public final class ServerResources implements QuarkusTestResourceLifecycleManager {

    /** The operator's token in tests. */
    public static final String OPERATOR_TOKEN = "operator-token-of-the-tests-0123456789";

    /** The current key, and one that it has replaced. */
    public static final String ENCRYPTION_KEYS = "test-1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=,"
            + "test-0:YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI=";

    /** The name of the one organization that may use the cluster account of the server. */
    public static final String IN_CLUSTER_ORGANIZATION = "The cluster's own people";

    private static final Logger DATABASE_LOG = Logger.getLogger("io.zonky.test.db.postgres.embedded");

    private EmbeddedPostgres postgres;

    @Override
    public Map<String, String> start() {
        DATABASE_LOG.setLevel(Level.WARNING);
        try {
            postgres = TestPostgres.builder()
                    .setServerConfig("max_connections", "100")
                    .start();
            Path data = Files.createTempDirectory("reliably-test-data");
            Map<String, String> settings = new HashMap<>();
            String address = "//127.0.0.1:" + postgres.getPort() + "/postgres";
            settings.put("quarkus.datasource.reactive.url", "postgresql:" + address);
            settings.put("quarkus.datasource.jdbc.url", "jdbc:postgresql:" + address);
            settings.put("quarkus.datasource.username", "postgres");
            settings.put("quarkus.datasource.password", "");
            settings.put("reliably.data-dir", data.toString());
            settings.put(
                    "reliably.clock.offset-file", data.resolve("clock-offset").toString());
            settings.put("reliably.bootstrap-token", OPERATOR_TOKEN);
            settings.put("reliably.encryption-keys", ENCRYPTION_KEYS);
            settings.put("reliably.docker.allowed-volume-roots", "/tmp,/srv/volumes");
            settings.put("reliably.docker.host", "unix:///not/there/docker.sock");
            settings.put("reliably.kubernetes.in-cluster-allowed", IN_CLUSTER_ORGANIZATION);
            return settings;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {
        try {
            postgres.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
