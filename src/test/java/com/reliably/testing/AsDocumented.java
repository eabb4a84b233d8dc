package com.reliably.testing;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.restassured.filter.Filter;
import io.restassured.filter.FilterContext;
import io.restassured.response.Response;
import io.restassured.specification.FilterableRequestSpecification;
import io.restassured.specification.FilterableResponseSpecification;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds every answer that a test gets against the OpenAPI document: a status, a content type or a body that the document
 * does not have fails the test, whatever it is about. Requests to what the document does not have are let through.
 */
final class AsDocumented implements Filter {

    /** Read once: the document is made at build time. */
    private static ApiDescription api;

    /** What the server takes and gives back may be larger than Jackson expects of strangers. */
    private static final StreamReadConstraints UNBOUNDED = StreamReadConstraints.builder()
            .maxNameLength(Integer.MAX_VALUE)
            .maxNestingDepth(Integer.MAX_VALUE)
            .maxNumberLength(Integer.MAX_VALUE)
            .maxStringLength(Integer.MAX_VALUE)
            .build();

    private final ObjectMapper json = new ObjectMapper(
            JsonFactory.builder().streamReadConstraints(UNBOUNDED).build());

    @Override
    public Response filter(
            FilterableRequestSpecification request,
            FilterableResponseSpecification specification,
            FilterContext context) {
        Response response = context.next(request, specification);
        description()
                .operation(request.getMethod(), URI.create(request.getURI()).getRawPath())
                .ifPresent(operation -> check(operation, response));
        return response;
    }

    private static synchronized ApiDescription description() {
        if (api == null) {
            api = ApiDescription.read();
        }
        return api;
    }

    private void check(ApiDescription.Operation operation, Response response) {
        List<String> faults = faults(operation, response);
        if (!faults.isEmpty()) {
            throw new AssertionError(operation + " answered " + response.statusCode() + " otherwise than documented:\n"
                    + String.join("\n", faults) + "\n" + response.asString());
        }
    }

    private List<String> faults(ApiDescription.Operation operation, Response response) {
        JsonNode documented = operation.json().path("responses").path(Integer.toString(response.statusCode()));
        if (documented.isMissingNode()) {
            return List.of("the status is not documented");
        }
        String type = response.contentType() == null
                ? ""
                : response.contentType().split(";")[0].strip();
        JsonNode content = description().response(documented).path("content").path(type);
        if (content.isMissingNode()) {
            return List.of("the content type " + response.contentType() + " is not documented");
        }
        if (!type.endsWith("json")) {
            return List.of();
        }
        try {
            return new ArrayList<>(description().faults(content.path("schema"), json.readTree(response.asByteArray())));
        } catch (IOException e) {
            return List.of("the body is not JSON: " + e.getMessage());
        }
    }
}
