package com.reliably.web;

import io.quarkus.runtime.ExecutorRecorder;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ResourceInfo;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.core.CurrentRequestManager;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;

/**
 * Receives the body of each request of the API whole, and only then has it understood. Runs after authentication: what
 * strangers send is not read, and what others send takes their own share of memory. Endpoints without a token read theirs by
 * {@link SmallBody}.
 */
@Singleton
public final class RequestBodies {

    /** What is longer is understood by a worker, in bytes; as Quarkus REST has it by default. */
    private static final long LONGEST_ON_EVENT_LOOP = 10 * 1024;

    private static final Set<HttpMethod> WITHOUT_BODY = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

    private final BodyReceiver receiver;
    private final LargeBodies largeBodies;

    RequestBodies(BodyReceiver receiver, LargeBodies largeBodies) {
        this.receiver = receiver;
        this.largeBodies = largeBodies;
    }

    @ServerRequestFilter(priority = Priorities.USER)
    void receive(ContainerRequestContext request, RoutingContext http, ResourceInfo endpoint) {
        if (!mayHaveBody(http.request())
                || endpoint.getResourceMethod().isAnnotationPresent(WithoutToken.class)
                || !(request.getProperty(BodyOwner.PROPERTY) instanceof BodyOwner owner)) {
            return;
        }
        // What the filter is given may not suspend the request.
        ResteasyReactiveRequestContext context = CurrentRequestManager.get();
        long largest = receiver.largest();
        context.suspend();
        receiver.receive(http.request(), owner, largest, BodyLimit.refusal(largest), () -> context.serverRequest()
                        .resumeRequestInput())
                .subscribe()
                .with(body -> understand(context, http, owner, body), context::resume);
    }

    private static boolean mayHaveBody(HttpServerRequest request) {
        if (request.isEnded() || WITHOUT_BODY.contains(request.method())) {
            return false;
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null) {
            return !length.equals("0");
        }
        // Over HTTP/2 nothing tells.
        return request.version() == HttpVersion.HTTP_2 || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    }

    private void understand(
            ResteasyReactiveRequestContext context, RoutingContext http, BodyOwner owner, ReceivedBody body) {
        http.addEndHandler(ignored -> body.close());
        context.setInputStream(body);
        if (body.length() <= LONGEST_ON_EVENT_LOOP) {
            context.resume();
        } else {
            largeBodies.inTurn(http, owner, body.length(), () -> context.resume(ExecutorRecorder.getCurrent()));
        }
    }
}
