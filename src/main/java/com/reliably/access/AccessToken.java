package com.reliably.access;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;

/** A token as it is stored: only its hash, so that nobody who reads the database can use it. */
@Entity
@Table(name = "access_token")
class AccessToken {

    @Id
    UUID id;

    @Column(name = "org_id")
    UUID orgId;

    String name;

    @Column(name = "token_hash")
    byte[] hash;

    /** The wire's name of a {@link Right}. */
    String rights;

    boolean operator;

    @Column(name = "plan_id")
    UUID planId;

    @Column(name = "run_id")
    UUID runId;

    /** The schedule at an engine whose clients have it; the plan, where these are the clients of any run of it. */
    @Column(name = "schedule_id")
    UUID scheduleId;

    @Column(name = "created_at")
    Instant createdAt;

    @Column(name = "created_by")
    UUID createdBy;

    /** Null: never. Only the first administrator's token and those of runs have no end of their own. */
    @Column(name = "expires_at")
    Instant expiresAt;

    @Column(name = "revoked_at")
    Instant revokedAt;

    @Column(name = "last_used_at")
    Instant lastUsedAt;

    Right right() {
        return Right.valueOf(rights.toUpperCase(java.util.Locale.ROOT));
    }
}
