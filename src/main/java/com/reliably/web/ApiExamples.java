package com.reliably.web;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.examples.Example;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;

/**
 * Puts the examples of {@code openapi-examples.yaml} to the bodies that they are examples of. They stand in a file,
 * because an example in an annotation is a string that nobody can read; a test checks each against its schema.
 */
final class ApiExamples {

    private static final String FILE = "/openapi-examples.yaml";
    private static final String PREFIX = "#/components/schemas/";

    /** An example as the file has it. */
    private record Sample(String summary, Object value) {}

    /** By the name of a schema, or by an operationId where one of them needs its own; then by the example's name. */
    private final Map<String, Map<String, Sample>> samples;

    ApiExamples() {
        try (InputStream file = ApiExamples.class.getResourceAsStream(FILE)) {
            samples = new ObjectMapper(new YAMLFactory()).readValue(file, new TypeReference<>() {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void addTo(OpenAPI document) {
        document.getPaths().getPathItems().values().stream()
                .flatMap(item -> item.getOperations().values().stream())
                .forEach(operation -> addTo(document, operation));
    }

    private void addTo(OpenAPI document, Operation operation) {
        String id = operation.getOperationId();
        if (operation.getRequestBody() != null) {
            add(document, operation.getRequestBody().getContent(), id);
        }
        operation.getResponses().getAPIResponses().forEach((status, response) -> {
            if (status.startsWith("2")) {
                add(document, response.getContent(), id + " " + status);
            }
        });
    }

    private void add(OpenAPI document, Content content, String key) {
        if (content == null) {
            return;
        }
        for (MediaType body : content.getMediaTypes().values()) {
            Map<String, Sample> found = samples.getOrDefault(key, of(document, body.getSchema()));
            if (!found.isEmpty() && body.getExamples() == null) {
                Map<String, Example> examples = new LinkedHashMap<>();
                found.forEach((name, sample) -> examples.put(
                        name,
                        OASFactory.createExample().summary(sample.summary()).value(sample.value())));
                body.setExamples(examples);
            }
        }
    }

    /** The examples of a schema; those of a page or a list are made from those of their items. */
    private Map<String, Sample> of(OpenAPI document, Schema schema) {
        if (schema == null) {
            return Map.of();
        }
        if (schema.getRef() != null) {
            String name = schema.getRef().substring(PREFIX.length());
            if (samples.containsKey(name)) {
                return samples.get(name);
            }
            return of(document, document.getComponents().getSchemas().get(name));
        }
        if (schema.getItems() != null) {
            return firstOf(document, schema.getItems())
                    .map(item -> one(List.of(item)))
                    .orElse(Map.of());
        }
        Map<String, Schema> properties = schema.getProperties();
        if (properties != null && properties.keySet().equals(java.util.Set.of("count", "items"))) {
            return firstOf(document, properties.get("items").getItems())
                    .map(item -> {
                        Map<String, Object> page = new LinkedHashMap<>();
                        page.put("count", 1);
                        page.put("items", List.of(item));
                        return one(page);
                    })
                    .orElse(Map.of());
        }
        return Map.of();
    }

    private Optional<Object> firstOf(OpenAPI document, Schema item) {
        if (item.getRef() == null
                && item.getExamples() != null
                && !item.getExamples().isEmpty()) {
            return Optional.of(item.getExamples().get(0));
        }
        return of(document, item).values().stream().findFirst().map(Sample::value);
    }

    private static Map<String, Sample> one(Object value) {
        return Map.of("example", new Sample(null, value));
    }
}
