package com.reliably.runner.github.webhook;

import com.reliably.problem.Problem;
import com.reliably.start.PublicUrl;
import com.reliably.web.SmallBody;
import com.reliably.web.WithoutToken;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Where GitHub tells that something happened to a run. */
@Path("/api/v1/organization/{org_id}/deployments/{dep_id}/webhooks/github")
@Tag(name = "Deployments", description = "Where and how plans are run")
class WebhookResource {

    /** Deliveries about runs have some tens of kilobytes; GitHub sends none of more than 25 MB. */
    private static final int LARGEST_BODY = 1024 * 1024;

    private final WebhookService webhooks;
    private final SmallBody bodies;

    WebhookResource(WebhookService webhooks, SmallBody bodies) {
        this.webhooks = webhooks;
        this.bodies = bodies;
    }

    /** What people enter at GitHub. */
    static String addressOf(PublicUrl server, UUID orgId, UUID deploymentId) {
        return server.value() + "/api/v1/organization/" + orgId + "/deployments/" + deploymentId + "/webhooks/github";
    }

    @POST
    @ResponseStatus(202)
    @WithoutToken(largestBody = LARGEST_BODY)
    @Operation(
            operationId = "receiveGitHubDelivery",
            summary = "Take a delivery of the webhook of a deployment's repository",
            description =
                    "GitHub calls this, so that runs are looked at when something happens to them, instead of now and"
                            + " then. Needs no token: the body is signed with the deployment's `webhook_secret`. Nothing of it is"
                            + " believed but that it is time to look. At most 1 MiB.")
    @RequestBody(
            required = true,
            content = @Content(mediaType = "application/json", schema = @Schema(implementation = WebhookBody.class)))
    @APIResponse(
            responseCode = "202",
            description = "Taken; what was done with it",
            content = @Content(mediaType = "application/json", schema = @Schema(implementation = WebhookReceipt.class)))
    @APIResponse(
            responseCode = "401",
            description = "There is no such deployment, it has no `webhook_secret`, or the body is not signed with it",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class)))
    @APIResponse(
            responseCode = "413",
            description = "The body is larger than 1 MiB",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class)))
    public Uni<WebhookReceipt> receive(
            @PathParam("org_id") UUID orgId,
            @PathParam("dep_id") UUID id,
            @Parameter(
                            required = true,
                            description = "`sha256=` and the HMAC-SHA256 of the body, with the secret, in hexadecimal")
                    @HeaderParam("X-Hub-Signature-256")
                    String signature,
            @Parameter(description = "Of what it tells: `workflow_run`, or `ping` for the first one")
                    @HeaderParam("X-GitHub-Event")
                    String event,
            @Parameter(description = "GitHub's id of the delivery, for the log: it is not signed")
                    @HeaderParam("X-GitHub-Delivery")
                    String delivery,
            @Parameter(hidden = true) @jakarta.ws.rs.core.Context RoutingContext http) {
        webhooks.demandSignature(id, signature);
        Context request = Vertx.currentContext();
        return bodies.of(http.request(), LARGEST_BODY)
                // Database sessions belong to the request's own context.
                .emitOn(work -> request.runOnContext(ignored -> work.run()))
                .chain(body -> webhooks.take(orgId, id, new WebhookDelivery(signature, event, delivery, body)));
    }
}
