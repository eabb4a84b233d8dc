package com.reliably.event;

import com.reliably.answer.OpenAnswerWriter;
import jakarta.ws.rs.ext.Provider;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;

/** Hands a stream over to {@link OpenStreams}. */
@Provider
public final class EventStreamWriter extends OpenAnswerWriter<EventStream> {

    private final OpenStreams streams;

    EventStreamWriter(OpenStreams streams) {
        super(EventStream.class);
        this.streams = streams;
    }

    @Override
    protected void begin(EventStream stream, ResteasyReactiveRequestContext request) {
        streams.begin(stream, request);
    }
}
