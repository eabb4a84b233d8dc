package com.reliably.deployment;

import com.reliably.web.JsonColumn;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;

/** A deployment as it is stored. */
@Entity
class Deployment {

    @Id
    UUID id;

    @Column(name = "org_id")
    UUID orgId;

    String name;

    /** The definition's type once more, for queries. */
    String type;

    /** The masked definition as JSON. */
    @ColumnTransformer(read = JsonColumn.READ_PREFIX + "definition" + JsonColumn.READ_SUFFIX, write = JsonColumn.WRITE)
    String definition;

    @Column(name = "created_at")
    Instant createdAt;

    @Column(name = "created_by")
    UUID createdBy;

    @Column(name = "updated_at")
    Instant updatedAt;

    @Version
    int version;
}
