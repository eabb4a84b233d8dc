package com.reliably.event;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What happens, live, over HTTP. */
@Path("/api/v1/organization/{org_id}/events")
@Tag(name = "Events", description = "What happens to runs, plans and executions, live")
class EventResource {

    private final EventService events;
    private final OpenStreams streams;
    private final CurrentCaller caller;

    EventResource(EventService events, OpenStreams streams, CurrentCaller caller) {
        this.events = events;
        this.streams = streams;
        this.caller = caller;
    }

    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Permit(Right.READ)
    @Operation(
            operationId = "followEvents",
            summary = "Follow what happens to runs, plans and executions",
            description = "A stream of server-sent events that does not end. An event is named `run`, `plan` or"
                    + " `execution` as its kind; its data is an `Event` in JSON. A client that comes back with the"
                    + " header `Last-Event-ID` gets what happened since; where that is not known any more, first an event"
                    + " `reset` (`EventReset`). Without the header the stream begins with what happens from now on. The"
                    + " order is that of the database's transactions; nothing is left out and nothing comes twice.")
    @APIResponse(
            responseCode = "200",
            description = "Events, one after the other; here the data of each",
            content =
                    @Content(
                            mediaType = MediaType.SERVER_SENT_EVENTS,
                            schema = @Schema(oneOf = {EventView.class, EventReset.class})))
    public Uni<Response> follow(
            @PathParam("org_id") UUID orgId,
            @BeanParam EventFilter filter,
            @Parameter(description = "The id of the last event that the client has got") @HeaderParam("Last-Event-ID")
                    String lastEventId) {
        streams.demandRoom();
        return events.feed(orgId, filter, lastEventId).map(feed -> streams.answer(caller.get(), feed));
    }
}
