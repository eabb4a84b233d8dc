package com.reliably.organization;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.Instant;
import java.util.UUID;

/** A tenant: everything else belongs to exactly one. */
@Entity
class Organization {

    @Id
    UUID id;

    String name;

    @Column(name = "created_at")
    Instant createdAt;

    /** Null while it is not halted. */
    @Column(name = "halted_at")
    Instant haltedAt;

    @Column(name = "halted_by")
    UUID haltedBy;

    @Column(name = "halt_reason")
    String haltReason;

    /** Null while it is not halted. */
    Halt halt() {
        return haltedAt == null ? null : new Halt(haltedAt, haltedBy, haltReason);
    }
}
