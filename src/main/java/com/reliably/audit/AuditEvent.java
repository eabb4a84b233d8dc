package com.reliably.audit;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;

/** Who did what to what, and when. Rows are only ever added. */
@Entity
@Table(name = "audit_event")
class AuditEvent {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    Long id;

    @Column(name = "org_id")
    UUID orgId;

    Instant at;

    @Column(name = "actor_id")
    UUID actorId;

    @Column(name = "actor_name")
    String actorName;

    /** What was done, as {@code kind.verb}. */
    String action;

    @Column(name = "target_kind")
    String targetKind;

    @Column(name = "target_id")
    UUID targetId;

    /** A name or reason; never a secret. */
    String detail;
}
