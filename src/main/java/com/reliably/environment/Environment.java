package com.reliably.environment;

import com.reliably.web.JsonColumn;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;

/** An environment as it is stored. */
@Entity
class Environment {

    @Id
    UUID id;

    @Column(name = "org_id")
    UUID orgId;

    String name;

    /** The wire's name of an {@link EnvironmentUse}. */
    @Column(name = "used_for")
    String usedFor;

    /** A list of {@link EnvironmentVariable} as JSON. */
    @ColumnTransformer(read = JsonColumn.READ_PREFIX + "envvars" + JsonColumn.READ_SUFFIX, write = JsonColumn.WRITE)
    String envvars;

    /** A list of {@link EnvironmentSecret} without their values as JSON; the values are in the secret store, by key. */
    @ColumnTransformer(read = JsonColumn.READ_PREFIX + "secrets" + JsonColumn.READ_SUFFIX, write = JsonColumn.WRITE)
    String secrets;

    @Column(name = "created_at")
    Instant createdAt;

    @Column(name = "created_by")
    UUID createdBy;

    @Column(name = "updated_at")
    Instant updatedAt;

    @Version
    int version;
}
