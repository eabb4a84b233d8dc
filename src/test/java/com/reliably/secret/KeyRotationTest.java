package com.reliably.secret;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.ServerResources;
import com.reliably.testing.Tenant;
import io.agroal.api.AgroalDataSource;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.VertxContextSupport;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@ApiTest
@OnEveryJdk
class KeyRotationTest {

    private static final int MORE_THAN_AT_ONCE = 250;

    @Inject
    KeyRotation rotation;

    @Inject
    SecretStore store;

    @Inject
    AgroalDataSource database;

    @Test
    void whatAnOlderKeySealedIsSealedAgainAndStillOpens() throws Throwable {
        UUID orgId = UUID.fromString(Tenant.create().id());
        SecretOwner owner = SecretOwner.environment(orgId, UUID.randomUUID());
        String oldKey = ServerResources.ENCRYPTION_KEYS.split(",")[1];
        Sealer old = SealerTest.sealer(oldKey);
        for (int i = 0; i < MORE_THAN_AT_ONCE; i++) {
            insert(owner, "s" + i, old.currentKeyId(), old.seal(owner, "s" + i, "clear " + i));
        }

        VertxContextSupport.subscribeAndAwait(rotation::rotate);

        assertEquals("test-1", onlyKeyOf(owner));
        Map<String, String> clear =
                VertxContextSupport.subscribeAndAwait(() -> Panache.withSession(() -> store.open(owner)));
        assertEquals(MORE_THAN_AT_ONCE, clear.size());
        assertEquals("clear 7", clear.get("s7"));
    }

    private void insert(SecretOwner owner, String name, String keyId, byte[] sealed) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement insert = connection.prepareStatement("insert into secret"
                        + " (org_id, owner_kind, owner_id, name, key_id, sealed) values (?, ?, ?, ?, ?, ?)")) {
            insert.setObject(1, owner.orgId());
            insert.setString(2, owner.kind());
            insert.setObject(3, owner.id());
            insert.setString(4, name);
            insert.setString(5, keyId);
            insert.setBytes(6, sealed);
            insert.executeUpdate();
        }
    }

    /** Waits for rows that the server's own rotation may be working on at the same moment. */
    private String onlyKeyOf(SecretOwner owner) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement query = connection.prepareStatement("select string_agg(distinct key_id, ',') from"
                        + " (select key_id from secret where owner_id = ? for share) locked")) {
            query.setObject(1, owner.id());
            try (ResultSet rows = query.executeQuery()) {
                rows.next();
                return rows.getString(1);
            }
        }
    }
}
