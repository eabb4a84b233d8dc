package com.reliably.integration;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.UUID;

/** An integration as it is stored. It never changes. */
@Entity
class Integration {

    @Id
    UUID id;

    @Column(name = "org_id")
    UUID orgId;

    String name;

    /** The wire's name of an {@link IntegrationProvider}. */
    String provider;

    /** The wire's name of an {@link IntegrationVendor}; may be null. */
    String vendor;

    /** Its own: created with it and deleted with it. */
    @Column(name = "environment_id")
    UUID environmentId;

    @Column(name = "created_at")
    Instant createdAt;

    @Column(name = "created_by")
    UUID createdBy;

    @Version
    int version;
}
