package com.reliably.event;

import com.reliably.access.Caller;
import com.reliably.access.TokenService;
import com.reliably.connection.ConnectionSettings;
import com.reliably.problem.ProblemException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;

/** The streams that clients of this server follow. There is a limit to them, and they end when the server stops. */
@ApplicationScoped
public class OpenStreams {

    private final Set<OpenStream> open = ConcurrentHashMap.newKeySet();
    private final EventSettings settings;
    private final ConnectionSettings connections;
    private final TokenService tokens;
    private final Vertx vertx;
    private volatile boolean stopping;

    OpenStreams(EventSettings settings, ConnectionSettings connections, TokenService tokens, Vertx vertx) {
        this.settings = settings;
        this.connections = connections;
        this.tokens = tokens;
        this.vertx = vertx;
    }

    /** From the start on, not only when the first client comes. */
    void show(@Observes StartupEvent event, MeterRegistry registry) {
        Gauge.builder("reliably.streams.open", open, Set::size)
                .description("Live streams that clients of this server follow")
                .register(registry);
    }

    /**
     * Makes sure that one more stream is possible. To be called before anything is looked up for it.
     *
     * @throws ProblemException 503 where there are too many, or the server stops
     */
    public void demandRoom() {
        if (stopping) {
            throw ProblemException.unavailable("This server stops; come back in a moment.");
        }
        if (open.size() >= settings.streamsAtMost()) {
            throw ProblemException.unavailable("This server has " + settings.streamsAtMost()
                    + " streams open, which is all that it is set to; come back in a moment,"
                    + " or have the operator raise RELIABLY_EVENTS_STREAMS_AT_MOST.");
        }
    }

    /** Whether a client that could have something else prefers a stream; one that takes anything does not. */
    public static boolean areWanted(HttpHeaders headers) {
        for (MediaType accepted : headers.getAcceptableMediaTypes()) {
            if (accepted.isWildcardType() || accepted.isWildcardSubtype()) {
                return false;
            }
            if (accepted.isCompatible(MediaType.SERVER_SENT_EVENTS_TYPE)) {
                return true;
            }
            if (accepted.isCompatible(MediaType.TEXT_PLAIN_TYPE)) {
                return false;
            }
        }
        return false;
    }

    /** The answer that is a stream, for the caller, of these pages. */
    public Response answer(Caller caller, EventPages pages) {
        return Response.ok(new EventStream(caller, pages), MediaType.SERVER_SENT_EVENTS)
                // Reverse proxies would otherwise wait until a buffer is full.
                .header("X-Accel-Buffering", "no")
                .build();
    }

    void begin(EventStream stream, ResteasyReactiveRequestContext request) {
        OpenStream following =
                new OpenStream(stream, request, vertx, settings, connections.answerTimeout(), tokens, open::remove);
        open.add(following);
        following.begin();
        if (stopping) {
            following.stop();
        }
    }

    /** The first thing that happens when the server is told to stop: requests that go on are waited for. */
    void stopEarly(@Observes ShutdownDelayInitiatedEvent event) {
        stop();
    }

    void stop(@Observes ShutdownEvent event) {
        stop();
    }

    private void stop() {
        stopping = true;
        open.forEach(OpenStream::stop);
    }
}
