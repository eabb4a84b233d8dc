package com.reliably.start;

import com.reliably.access.Bootstrap;
import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Gives a new database its first organisation and the operator's token. Runs once per start, before requests are
 * served; replicas that start together do it one after the other.
 */
@Singleton
final class FirstStart {

    private static final Logger LOG = Logger.getLogger(FirstStart.class);
    private static final String ORGANIZATION = "Default";
    private static final String TOKEN_NAME = "operator";
    private static final String TOKEN_FILE = "token";
    private static final String SHELL_FILE = "env";
    private static final int LEAST_LENGTH = 32;
    /** Any number will do, as long as nothing else of this database locks it. */
    private static final long LOCK = 0x52454C4941424CL;

    private final AgroalDataSource database;
    private final ServerSettings settings;
    private final PublicUrl publicUrl;
    private final Clock clock;

    FirstStart(AgroalDataSource database, ServerSettings settings, PublicUrl publicUrl, Clock clock) {
        this.database = database;
        this.settings = settings;
        this.publicUrl = publicUrl;
        this.clock = clock;
    }

    void prepare(@Observes @Priority(1) StartupEvent event) throws SQLException {
        Optional<String> given = givenToken();
        DataDirectory directory = DataDirectory.open(settings.dataDir());
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            lock(connection);
            UUID existing = firstOrganization(connection);
            if (existing == null) {
                start(connection, directory, given);
            } else if (given.isPresent()) {
                ensureToken(connection, existing, given.get());
            }
            connection.commit();
            writeShellFile(connection, directory);
        }
    }

    private Optional<String> givenToken() {
        Optional<String> given = settings.bootstrapToken().map(String::strip);
        if (given.isPresent() && given.get().length() < LEAST_LENGTH) {
            throw new StartFailure("RELIABLY_BOOTSTRAP_TOKEN has " + given.get().length()
                    + " characters; it needs at least " + LEAST_LENGTH + ", as 'openssl rand -base64 32' makes them");
        }
        return given;
    }

    private void start(Connection connection, DataDirectory directory, Optional<String> given) throws SQLException {
        UUID orgId = insertOrganization(connection);
        if (given.isPresent()) {
            insertToken(connection, orgId, given.get());
            LOG.info("First start: the administrator's token is the one in RELIABLY_BOOTSTRAP_TOKEN");
            return;
        }
        // On disk before it is valid: a crash between the two leaves a token that the next start takes up.
        String token = directory.read(TOKEN_FILE).orElseGet(Bootstrap::newToken);
        directory.write(TOKEN_FILE, token);
        insertToken(connection, orgId, token);
        // Printed once, on purpose, and not through the log: logs are shipped elsewhere.
        System.out.println("First start: the administrator's token is " + token);
        System.out.println("             It is kept in " + directory.resolve(TOKEN_FILE) + "; "
                + directory.resolve(SHELL_FILE) + " has it for shells and the CLI.");
    }

    private static void lock(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            // A replica that is stopped right here must not keep all others from starting.
            statement.execute("set local idle_in_transaction_session_timeout = '10s'");
            statement.execute("select pg_advisory_xact_lock(" + LOCK + ")");
        }
    }

    private static UUID firstOrganization(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("select id from organization order by created_at, id limit 1")) {
            return rows.next() ? rows.getObject(1, UUID.class) : null;
        }
    }

    private UUID insertOrganization(Connection connection) throws SQLException {
        UUID id = UUID.randomUUID();
        try (PreparedStatement insert =
                connection.prepareStatement("insert into organization (id, name, created_at) values (?, ?, ?)")) {
            insert.setObject(1, id);
            insert.setString(2, ORGANIZATION);
            insert.setTimestamp(3, Timestamp.from(clock.instant()));
            insert.executeUpdate();
        }
        return id;
    }

    private void insertToken(Connection connection, UUID orgId, String token) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into access_token"
                        + " (id, org_id, name, token_hash, rights, operator, created_at) values (?, ?, ?, ?, 'admin', true, ?)")) {
            insert.setObject(1, UUID.randomUUID());
            insert.setObject(2, orgId);
            insert.setString(3, TOKEN_NAME);
            insert.setBytes(4, Bootstrap.hash(token));
            insert.setTimestamp(5, Timestamp.from(clock.instant()));
            insert.executeUpdate();
        }
    }

    /** Where the operator gave another token than last time, that one is valid from now on, and the old one is not. */
    private void ensureToken(Connection connection, UUID orgId, String token) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "select operator, revoked_at is null from access_token where token_hash = ?")) {
            select.setBytes(1, Bootstrap.hash(token));
            try (ResultSet rows = select.executeQuery()) {
                if (rows.next()) {
                    if (!rows.getBoolean(1) || !rows.getBoolean(2)) {
                        LOG.warn(
                                "RELIABLY_BOOTSTRAP_TOKEN is not taken up: this token was revoked, or is another one's");
                    }
                    return;
                }
            }
        }
        try (PreparedStatement update = connection.prepareStatement(
                "update access_token set token_hash = ?" + " where org_id = ? and operator and revoked_at is null")) {
            update.setBytes(1, Bootstrap.hash(token));
            update.setObject(2, orgId);
            if (update.executeUpdate() == 0) {
                insertToken(connection, orgId, token);
            }
        }
        LOG.info("The administrator's token is now the one in RELIABLY_BOOTSTRAP_TOKEN");
    }

    /** At every start, because the address may have changed; for as long as the token in the data directory is good. */
    private void writeShellFile(Connection connection, DataDirectory directory) throws SQLException {
        Optional<String> token = directory.read(TOKEN_FILE);
        UUID orgId = token.isPresent() ? organizationOf(connection, token.get()) : null;
        if (orgId == null) {
            directory.delete(SHELL_FILE);
            return;
        }
        directory.write(SHELL_FILE, """
                # What curl and the Reliably CLI need to reach this server; read it with '. <this file>'.
                # It is written anew at each start of the server.
                export RELIABLY_SERVICE_HOST='%1$s' RELIABLY_HOST='%2$s' RELIABLY_USE_HTTP='%3$s'
                export RELIABLY_SERVICE_TOKEN='%4$s'
                export RELIABLY_ORGANIZATION_ID='%5$s'""".formatted(
                        publicUrl.value(), publicUrl.hostAndPort(), publicUrl.isClearText(), token.get(), orgId));
    }

    private static UUID organizationOf(Connection connection, String token) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "select org_id from access_token where token_hash = ? and operator and revoked_at is null")) {
            select.setBytes(1, Bootstrap.hash(token));
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() ? rows.getObject(1, UUID.class) : null;
            }
        }
    }
}
