package com.reliably.web;

import com.reliably.problem.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/** The error answers of the document: which can come from which operation, and what they look like. */
final class ApiErrors {

    private static final String PROBLEM = "Problem";
    private static final String INVALID = "ValidationProblem";

    /**
     * An error that operations share.
     *
     * @param name    its name among the document's responses
     * @param meaning when it comes
     * @param detail  what its example says; null for a 422, whose detail is a list
     */
    private record Shared(int status, String name, String meaning, String detail) {}

    private static final List<Shared> ALL = List.of(
            new Shared(
                    400,
                    "BadRequest",
                    "The request cannot be read, or what it asks for is not possible now",
                    "The deployment is used by a plan; delete the plan first."),
            new Shared(
                    401,
                    "Unauthorized",
                    "No token, or one that is unknown, revoked or expired",
                    "Send a token in the header 'Authorization: Bearer <token>'."),
            new Shared(
                    403,
                    "Forbidden",
                    "The token belongs to another organization, or lacks the right that this needs",
                    "This token belongs to another organization."),
            new Shared(404, "NotFound", "Nothing in this organization has this id", "No deployment has this id."),
            new Shared(
                    406,
                    "NotAcceptable",
                    "The header `Accept` asks for a format that this does not have",
                    "Not Acceptable: ask for application/json, or for what the description of this path has."),
            new Shared(
                    408,
                    "TooSlow",
                    "The body does not come, or comes more slowly than this server waits for",
                    "The body came too slowly: less than 8192 bytes a second over 10 seconds, or not whole within 120"
                            + " seconds. Send it again over a faster connection; the operator can change"
                            + " RELIABLY_BODIES_MIN_RATE, RELIABLY_BODIES_GRACE_TIMEOUT and RELIABLY_BODIES_TIMEOUT."),
            new Shared(
                    409,
                    "Conflict",
                    "The name is taken, or somebody else changed the same thing at the same moment",
                    "A deployment named 'staging cluster' already exists in this organization; choose another name."),
            new Shared(
                    413,
                    "TooLarge",
                    "The request is larger than this server accepts",
                    "The request is larger than the 16777216 bytes that this server accepts; the operator can raise"
                            + " QUARKUS_HTTP_LIMITS_MAX_BODY_SIZE."),
            new Shared(
                    415,
                    "UnsupportedMediaType",
                    "The body has a `Content-Type` that this does not read",
                    "Unsupported Media Type: send application/json."),
            new Shared(
                    422,
                    "Invalid",
                    "The request is not valid; `detail` has a fault for each member that is wrong",
                    null),
            new Shared(
                    429,
                    "TooMany",
                    "The organization has as much waiting as it may; the same request may succeed later",
                    "The organization has 20000 runs pending, and may have no more (RELIABLY_RUNS_MAX_PENDING). Try again"
                            + " when some of them have been run, or cancel some."),
            new Shared(
                    500,
                    "Failure",
                    "A fault of the server",
                    "Something failed that should not have; the server's log has it under"
                            + " 0b5c9a4e-6a3f-4f6e-9b0c-7a1f0f6d2c11."),
            new Shared(
                    503,
                    "Unavailable",
                    "The server cannot do it right now; the same request may succeed later",
                    "The database cannot be reached right now; retry in a moment."));

    /** Operations that may ask for a run: how many an organization has pending is bounded. */
    private static final Set<String> ASK_FOR_RUNS = Set.of("createPlan", "runPlan");

    /** Adds the shared answers and their schemas. */
    void declare(Components components) {
        Schema problem = components.getSchemas().get(PROBLEM);
        Schema detail = problem.getProperties().get("detail");
        Schema faults = detail.getAnyOf().get(1);
        components.addSchema(
                INVALID,
                OASFactory.createSchema()
                        .type(List.of(Schema.SchemaType.OBJECT))
                        .description(
                                "A request that is not valid: an error as RFC 9457 describes it, whose `detail` lists the faults")
                        .properties(withDetail(problem, faults.description("What is wrong, member by member"))));
        problem.setDescription("An error, as RFC 9457 describes it");
        problem.setProperties(withDetail(
                problem,
                OASFactory.createSchema()
                        .type(List.of(Schema.SchemaType.STRING))
                        .description("What is wrong, and what to do about it")
                        .examples(List.of("No deployment has this id."))));
        for (Shared error : ALL) {
            components.addResponse(error.name(), response(error));
        }
    }

    private static Map<String, Schema> withDetail(Schema problem, Schema detail) {
        Map<String, Schema> properties = new LinkedHashMap<>(problem.getProperties());
        properties.put("detail", detail);
        return properties;
    }

    /**
     * Refers an operation to the errors that it can answer with.
     *
     * @param open whether it needs no token: what there is and who may do what is not told to strangers
     */
    void addTo(PathItem.HttpMethod method, Operation operation, boolean open) {
        boolean body = operation.getRequestBody() != null;
        boolean parameters =
                operation.getParameters() != null && !operation.getParameters().isEmpty();
        boolean inPath = parameters && operation.getParameters().stream().anyMatch(p -> p.getIn() == Parameter.In.PATH);
        for (Shared error : ALL) {
            boolean possible =
                    switch (error.status()) {
                        case 403 -> !open;
                        case 404 -> inPath && !open;
                        case 409 -> method != PathItem.HttpMethod.GET && !open;
                        case 408, 413, 415 -> body;
                        case 422 -> body || parameters;
                        case 429 -> ASK_FOR_RUNS.contains(operation.getOperationId());
                        default -> true;
                    };
            String status = Integer.toString(error.status());
            // An operation may describe one of them in its own words.
            if (possible && !operation.getResponses().hasAPIResponse(status)) {
                operation
                        .getResponses()
                        .addAPIResponse(status, OASFactory.createAPIResponse().ref(error.name()));
            }
        }
    }

    private static APIResponse response(Shared error) {
        boolean invalid = error.detail() == null;
        Content content = OASFactory.createContent()
                .addMediaType(
                        Problem.MEDIA_TYPE,
                        OASFactory.createMediaType()
                                .schema(OASFactory.createSchema().ref(invalid ? INVALID : PROBLEM))
                                .example(example(error)));
        APIResponse response =
                OASFactory.createAPIResponse().description(error.meaning()).content(content);
        if (error.status() == 401) {
            response.addHeader(
                    "WWW-Authenticate",
                    OASFactory.createHeader()
                            .description("The scheme to use, as RFC 9110 demands")
                            .schema(OASFactory.createSchema()
                                    .type(List.of(Schema.SchemaType.STRING))
                                    .examples(List.of("Bearer realm=\"reliably\""))));
        }
        if (error.status() == 503) {
            response.addHeader(
                    "Retry-After",
                    OASFactory.createHeader()
                            .description("In how many seconds to come back")
                            .schema(OASFactory.createSchema()
                                    .type(List.of(Schema.SchemaType.INTEGER))
                                    .examples(List.of(2))));
        }
        return response;
    }

    private static Map<String, Object> example(Shared error) {
        Problem problem = Problem.of(error.status(), error.detail());
        Map<String, Object> example = new LinkedHashMap<>();
        example.put("type", problem.type());
        example.put("title", problem.title());
        example.put("status", problem.status());
        example.put("detail", error.detail() == null ? List.of(fault()) : error.detail());
        return example;
    }

    private static Map<String, Object> fault() {
        Map<String, Object> fault = new LinkedHashMap<>();
        fault.put("type", "missing");
        fault.put("loc", new ArrayList<>(List.of("body", "name")));
        fault.put("msg", "Field required");
        fault.put("input", null);
        return fault;
    }
}
