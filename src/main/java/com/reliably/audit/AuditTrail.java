package com.reliably.audit;

import com.reliably.access.Caller;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

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

    /** Records the same deed done to each of these, whatever their number, by one statement. */
    public Uni<Void> recordAll(Caller caller, String action, String targetKind, List<UUID> targets, String detail) {
        if (targets.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        insert into audit_event (org_id, at, actor_id, actor_name, action, target_kind, target_id, detail)
                        select cast(?1 as uuid), cast(cast(?2 as text) as timestamptz), cast(cast(?3 as text) as uuid),
                               cast(?4 as text), cast(?5 as text), cast(?6 as text), cast(target as uuid), cast(?7 as text)
                        from unnest(string_to_array(cast(?8 as text), ',')) as target
                        """)
                .setParameter(1, caller.orgId())
                .setParameter(2, clock.instant().toString())
                .setParameter(3, caller.id() == null ? null : caller.id().toString())
                .setParameter(4, caller.name())
                .setParameter(5, action)
                .setParameter(6, targetKind)
                .setParameter(7, detail)
                .setParameter(8, targets.stream().map(UUID::toString).collect(Collectors.joining(",")))
                .executeUpdate()
                .replaceWithVoid());
    }

    @ApplicationScoped
    static class Events implements PanacheRepositoryBase<AuditEvent, Long> {}
}
