package com.reliably.secret;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.util.UUID;

/** A sealed secret. */
@Entity
@Table(name = "secret")
@IdClass(StoredSecret.Key.class)
class StoredSecret {

    /** The composite key. */
    record Key(UUID orgId, String ownerKind, UUID ownerId, String name) implements Serializable {}

    @Id
    @Column(name = "org_id")
    UUID orgId;

    @Id
    @Column(name = "owner_kind")
    String ownerKind;

    @Id
    @Column(name = "owner_id")
    UUID ownerId;

    @Id
    String name;

    @Column(name = "key_id")
    String keyId;

    byte[] sealed;

    SecretOwner owner() {
        return new SecretOwner(orgId, ownerKind, ownerId);
    }
}
