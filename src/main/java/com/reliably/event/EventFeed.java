package com.reliably.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.mutiny.Uni;
import java.util.UUID;

/** The events of an organisation for one client, from a place on. */
final class EventFeed implements EventPages {

    private static final int PAGE = 200;

    private final EventRepository repository;
    private final ObjectMapper json;
    private final UUID orgId;
    private final EventFilter filter;

    private EventPosition position;
    /** The last id that the client was told; null where it knows none. */
    private EventPosition told;

    private EventReset reset;

    /**
     * A feed.
     *
     * @param reset what to say first; null for nothing
     */
    EventFeed(
            EventRepository repository,
            ObjectMapper json,
            UUID orgId,
            EventFilter filter,
            EventPosition position,
            EventReset reset) {
        this.repository = repository;
        this.json = json;
        this.orgId = orgId;
        this.filter = filter;
        this.position = position;
        this.reset = reset;
    }

    @Override
    public Uni<EventPage> next() {
        return repository.after(orgId, position, filter, PAGE).map(this::write);
    }

    /** Tells where to resume, so that a client who comes back after a quiet day has not fallen behind. */
    @Override
    public String heartbeat() {
        if (position.equals(told)) {
            return EventPages.super.heartbeat();
        }
        told = position;
        return new EventText().place(position.toString()).toString();
    }

    private EventPage write(EventRepository.Page page) {
        EventText text = new EventText();
        if (reset != null) {
            text.event(position.toString(), "reset", json(reset));
            told = position;
            reset = null;
        } else if (told == null) {
            text.place(position.toString());
            told = position;
        }
        for (EventRepository.Found found : page.events()) {
            text.event(found.position().toString(), found.event().kind().toString(), json(found.event()));
            position = found.position();
            told = position;
        }
        boolean full = page.events().size() == PAGE;
        if (!full) {
            // Of the transactions before it nothing is left to come.
            position = page.horizon();
        }
        return new EventPage(text.toString(), full ? EventPage.After.AGAIN : EventPage.After.WAIT);
    }

    private String json(Object value) {
        try {
            return json.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("An event cannot be written", e);
        }
    }
}
