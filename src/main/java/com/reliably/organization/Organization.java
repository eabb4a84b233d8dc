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
}
