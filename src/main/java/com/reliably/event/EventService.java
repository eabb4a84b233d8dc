package com.reliably.event;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/** Lets people follow what happens in an organisation. */
@ApplicationScoped
class EventService {

    private static final EventPosition BEGINNING = new EventPosition(0, 0);

    private final EventRepository repository;
    private final EventPlans plans;
    private final EventSettings settings;
    private final ObjectMapper json;

    EventService(EventRepository repository, EventPlans plans, EventSettings settings, ObjectMapper json) {
        this.repository = repository;
        this.plans = plans;
        this.settings = settings;
        this.json = json;
    }

    /**
     * A feed of events.
     *
     * @param lastEventId the last one that the client knows; null to begin with what happens from now on
     */
    Uni<EventPages> feed(UUID orgId, EventFilter filter, String lastEventId) {
        EventPosition known = lastEventId == null ? null : EventPosition.parse(lastEventId);
        return planExists(orgId, filter.planId)
                .chain(() -> repository.resumption(orgId, known == null ? BEGINNING : known))
                .map(resumption -> feed(orgId, filter, known, resumption));
    }

    private EventPages feed(
            UUID orgId, EventFilter filter, EventPosition known, EventRepository.Resumption resumption) {
        if (known == null) {
            return feed(orgId, filter, resumption.now(), (EventReset) null);
        }
        if (known.tx() > resumption.now().tx()) {
            return feed(
                    orgId,
                    filter,
                    resumption.now(),
                    new EventReset("The position " + known + " is not one of this database, which was restored perhaps;"
                            + " what follows happens from now on."));
        }
        return feed(
                orgId,
                filter,
                known,
                resumption.swept()
                        ? new EventReset("Events are kept for " + settings.retention() + ", and some after " + known
                                + " are gone; what follows is what is left.")
                        : null);
    }

    private EventPages feed(UUID orgId, EventFilter filter, EventPosition from, EventReset reset) {
        return new EventFeed(repository, json, orgId, filter, from, reset);
    }

    private Uni<Void> planExists(UUID orgId, UUID planId) {
        return planId == null
                ? Uni.createFrom().voidItem()
                : plans.existed(orgId, planId)
                        .invoke(existed -> {
                            if (!existed) {
                                throw ProblemException.notFound("No plan of this organization has this id.");
                            }
                        })
                        .replaceWithVoid();
    }
}
