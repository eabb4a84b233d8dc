package com.reliably.access;

import static org.awaitility.Awaitility.await;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import com.reliably.web.ClockSettings;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What tokens are good for on a server whose clock is two hours behind that of the database. */
@ApiTest
class TokenClockTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Inject
    ClockSettings settings;

    @Inject
    Clock clock;

    @Inject
    DataSource database;

    Tenant tenant;
    String id;
    String token;

    @BeforeEach
    void aTokenThatTheServerKnows() {
        tenant = Tenant.create();
        var created = tenant.create("/tokens", Map.of("name", "t-" + UUID.randomUUID()));
        id = created.path("id");
        token = created.path("token");
        tenant.as(token).get("/deployments").then().statusCode(200);
    }

    @AfterEach
    void theClockIsRightAgain() throws IOException {
        Files.deleteIfExists(file());
        await().atMost(PATIENCE).until(() -> offset().abs().compareTo(Duration.ofMinutes(1)) < 0);
    }

    @Test
    void aTokenThatHasExpiredIsRefused() throws IOException, SQLException {
        setBack();
        sql("update access_token set expires_at = now() - interval '1 minute' where id = ?");
        awaitRefusal();
    }

    @Test
    void aTokenThatWasRevokedElsewhereIsRefused() throws IOException, SQLException {
        setBack();
        sql("update access_token set revoked_at = now() where id = ?");
        awaitRefusal();
    }

    private void awaitRefusal() {
        await().atMost(PATIENCE)
                .until(() -> tenant.as(token).get("/deployments").statusCode() == 401);
    }

    private void setBack() throws IOException {
        Files.writeString(file(), "-PT2H");
        await().atMost(PATIENCE).until(() -> offset().compareTo(Duration.ofHours(-1)) < 0);
    }

    private Duration offset() {
        return Duration.between(Instant.now(), clock.instant());
    }

    private Path file() {
        return settings.offsetFile().orElseThrow();
    }

    private void sql(String statement) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement update = connection.prepareStatement(statement)) {
            update.setObject(1, UUID.fromString(id));
            update.executeUpdate();
        }
    }
}
