package com.reliably.audit;

import com.reliably.access.Caller;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.UUID;

/** Writes down who did what. A record joins the transaction of the deed: neither exists without the other. */
@ApplicationScoped
public class AuditTrail {

    private final Events events;
    private final Clock clock;

    AuditTrail(Events events, Clock clock) {
        this.events = events;
        this.clock = clock;
    }

    /**
     * Records a deed.
     *
     * @param caller     who did it
     * @param action     what, as {@code kind.verb}
     * @param targetKind what kind of thing it was done to
     * @param targetId   which one; may be null
     * @param detail     a name or reason for people, never a secret; may be null
     */
    public Uni<Void> record(Caller caller, String action, String targetKind, UUID targetId, String detail) {
        AuditEvent event = new AuditEvent();
        event.orgId = caller.orgId();
        event.at = clock.instant();
        event.actorId = caller.id();
        event.actorName = caller.name();
        event.action = action;
        event.targetKind = targetKind;
        event.targetId = targetId;
        event.detail = detail;
        return events.persist(event).replaceWithVoid();
    }

    @ApplicationScoped
    static class Events implements PanacheRepositoryBase<AuditEvent, Long> {}
}
