package com.reliably.web;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.headers.Header;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.AnnotationTarget;
import org.jboss.jandex.AnnotationValue;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;

/** Makes the scanned schemas say what the JSON really is, in names that a generated client can live with. */
final class ApiSchemas {

    /** The schema of {@link Nothing}. */
    static final String NOTHING = "#/components/schemas/Nothing";

    /** The schema of {@link RawJson}. */
    private static final String ANY_OBJECT = "#/components/schemas/AnyObject";

    private static final String PREFIX = "#/components/schemas/";
    private static final String PAGE = "Page";
    private static final DotName SCHEMA =
            DotName.createSimple("org.eclipse.microprofile.openapi.annotations.media.Schema");
    private static final DotName INCLUDE = DotName.createSimple("com.fasterxml.jackson.annotation.JsonInclude");

    /** Types that are a string on the wire; a name of their own would only stand in the way. */
    private static final Map<String, String> FORMATS = Map.of("UUID", "uuid", "Instant", "date-time");

    private static final Map<String, String> EXAMPLES =
            Map.of("uuid", "0f5ed8c5-8d4a-4c4f-9d3b-6a8f6f0b2d11", "date-time", "2026-11-23T17:02:11.480512Z");

    private final OpenAPI document;
    private final IndexView index;
    private final Map<String, Schema> components;

    /** What lists hold where annotations cannot say it: several types, or nulls. */
    private static final Map<String, List<SchemaType>> ITEMS = Map.of(
            "Fault.loc", List.of(SchemaType.STRING, SchemaType.INTEGER),
            "ExperimentSummary.last_statuses", List.of(SchemaType.STRING, SchemaType.NULL),
            "ExperimentSummary.trend", List.of(SchemaType.STRING, SchemaType.NUMBER));

    ApiSchemas(OpenAPI document, IndexView index) {
        this.document = document;
        this.index = index;
        this.components = new LinkedHashMap<>(document.getComponents().getSchemas());
    }

    void tidy() {
        visitAll(this::inlineStrings);
        visitAll(ApiSchemas::dropContradictions);
        visitAll(ApiSchemas::inlineAnyObjects);
        Map<String, String> renamed = namePages();
        visitAll(schema -> rename(schema, renamed));
        components.computeIfPresent("Nothing", (name, nothing) -> OASFactory.createSchema()
                .type(List.of(SchemaType.NULL))
                .description(nothing.getDescription()));
        nameVariants();
        ITEMS.forEach(this::typeItems);
        Set<String> sent = reachableFrom(operations().flatMap(o -> sentBy(o)));
        Set<String> answered = reachableFrom(operations().flatMap(o -> answeredBy(o)));
        Set<String> incomplete = namesOfIncomplete();
        components.keySet().retainAll(union(sent, answered));
        components.forEach((name, schema) -> {
            if (!sent.contains(name) && !incomplete.contains(name)) {
                requireAll(schema);
            }
        });
        document.getComponents().setSchemas(new TreeMap<>(components));
    }

    /** {@code {"$ref": …/UUID}} becomes a string with a format, with or without null beside it. */
    private void inlineStrings(Schema schema) {
        String format = formatOf(schema);
        boolean nullable = false;
        if (format == null && schema.getAnyOf() != null) {
            format = schema.getAnyOf().stream()
                    .map(ApiSchemas::formatOf)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null);
            nullable = true;
        }
        if (format != null) {
            schema.setRef(null);
            schema.setAnyOf(null);
            schema.setType(nullable ? List.of(SchemaType.STRING, SchemaType.NULL) : List.of(SchemaType.STRING));
            schema.setFormat(format);
        }
        if (schema.getFormat() != null && EXAMPLES.containsKey(schema.getFormat())) {
            schema.setPattern(null);
            if (schema.getExamples() == null || schema.getExamples().isEmpty()) {
                schema.setExamples(List.of(EXAMPLES.get(schema.getFormat())));
            }
        }
    }

    private static String formatOf(Schema schema) {
        String ref = schema.getRef();
        return ref == null ? null : FORMATS.get(ref.substring(PREFIX.length()));
    }

    /** The scanner writes a type beside a reference, which already has one. */
    private static void dropContradictions(Schema schema) {
        if (schema.getRef() != null || schema.getAnyOf() != null || schema.getOneOf() != null) {
            schema.setType(null);
        }
    }

    /** In a choice, an object of unknown members stands by itself: generators make code of the name that is none. */
    private static void inlineAnyObjects(Schema schema) {
        for (Schema choice : schema.getAnyOf() == null ? List.<Schema>of() : schema.getAnyOf()) {
            if (ANY_OBJECT.equals(choice.getRef())) {
                choice.setRef(null);
                choice.setType(List.of(SchemaType.OBJECT));
            }
        }
    }

    /** A page of things is called by their plural; returns the old names with the new ones. */
    private Map<String, String> namePages() {
        Map<String, String> renamed = new LinkedHashMap<>();
        for (String name : List.copyOf(components.keySet())) {
            Schema page = components.get(name);
            if (!name.startsWith(PAGE)
                    || page.getProperties() == null
                    || !page.getProperties().containsKey("items")) {
                continue;
            }
            String item = page.getProperties().get("items").getItems().getRef().substring(PREFIX.length());
            String plural = plural(item);
            if (components.putIfAbsent(plural, page.description("One page of a list")) != null) {
                throw new IllegalStateException("two schemas would be called " + plural);
            }
            components.remove(name);
            renamed.put(name, plural);
        }
        return renamed;
    }

    private static String plural(String name) {
        return name.endsWith("y") ? name.substring(0, name.length() - 1) + "ies" : name + "s";
    }

    private static void rename(Schema schema, Map<String, String> renamed) {
        if (schema.getRef() != null) {
            String to = renamed.get(schema.getRef().substring(PREFIX.length()));
            if (to != null) {
                schema.setRef(PREFIX + to);
            }
        }
    }

    /** The member that tells the variants of a type apart is part of each, although no record has it. */
    private void nameVariants() {
        for (Schema schema : List.copyOf(components.values())) {
            if (schema.getDiscriminator() == null) {
                continue;
            }
            String member = schema.getDiscriminator().getPropertyName();
            schema.getDiscriminator().getMapping().forEach((value, ref) -> {
                Schema variant = components.get(ref.substring(PREFIX.length()));
                Map<String, Schema> properties = new LinkedHashMap<>();
                properties.put(
                        member,
                        OASFactory.createSchema()
                                .type(List.of(SchemaType.STRING))
                                .description("Which kind it is")
                                .enumeration(List.of(value)));
                if (variant.getProperties() != null) {
                    properties.putAll(variant.getProperties());
                }
                variant.setProperties(properties);
                Set<String> required = new LinkedHashSet<>(Set.of(member));
                if (variant.getRequired() != null) {
                    required.addAll(variant.getRequired());
                }
                variant.setRequired(List.copyOf(required));
            });
        }
    }

    private void typeItems(String member, List<SchemaType> types) {
        int dot = member.indexOf('.');
        Schema list = components.get(member.substring(0, dot)).getProperties().get(member.substring(dot + 1));
        while (list.getItems().getItems() != null) {
            list = list.getItems();
        }
        list.getItems().setType(types);
    }

    /** Nulls are written, so that a member of an answer is always there. */
    private static void requireAll(Schema schema) {
        if (schema.getProperties() != null && !schema.getProperties().isEmpty()) {
            schema.setRequired(List.copyOf(schema.getProperties().keySet()));
        }
    }

    /** Names of the schemas whose records leave members out that do not apply. */
    private Set<String> namesOfIncomplete() {
        Set<String> names = new LinkedHashSet<>();
        for (AnnotationInstance include : index.getAnnotations(INCLUDE)) {
            AnnotationValue value = include.value();
            if (value != null
                    && !"ALWAYS".equals(value.asEnum())
                    && include.target().kind() == AnnotationTarget.Kind.CLASS) {
                AnnotationInstance schema = include.target().asClass().declaredAnnotation(SCHEMA);
                if (schema != null && schema.value("name") != null) {
                    names.add(schema.value("name").asString());
                }
            }
        }
        return names;
    }

    // --- walking

    private Stream<Operation> operations() {
        return document.getPaths().getPathItems().values().stream()
                .flatMap(item -> item.getOperations().values().stream());
    }

    private static Stream<Schema> sentBy(Operation operation) {
        Stream<Schema> parameters = operation.getParameters() == null
                ? Stream.of()
                : operation.getParameters().stream().map(Parameter::getSchema);
        return Stream.concat(
                parameters,
                operation.getRequestBody() == null
                        ? Stream.of()
                        : in(operation.getRequestBody().getContent()));
    }

    private Stream<Schema> answeredBy(Operation operation) {
        return operation.getResponses().getAPIResponses().values().stream().flatMap(this::in);
    }

    private Stream<Schema> in(APIResponse response) {
        APIResponse resolved = response.getRef() == null
                ? response
                : document.getComponents()
                        .getResponses()
                        .get(response.getRef().substring("#/components/responses/".length()));
        Stream<Schema> headers = resolved.getHeaders() == null
                ? Stream.of()
                : resolved.getHeaders().values().stream().map(Header::getSchema);
        return Stream.concat(headers, in(resolved.getContent()));
    }

    private static Stream<Schema> in(Content content) {
        return content == null
                ? Stream.of()
                : content.getMediaTypes().values().stream().map(MediaType::getSchema);
    }

    private void visitAll(Consumer<Schema> visitor) {
        Set<Schema> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Stream.of(
                        components.values().stream(),
                        operations().flatMap(ApiSchemas::sentBy),
                        operations().flatMap(this::answeredBy))
                .flatMap(schemas -> schemas)
                .filter(Objects::nonNull)
                .toList()
                .forEach(schema -> visit(schema, visitor, seen));
    }

    private static void visit(Schema schema, Consumer<Schema> visitor, Set<Schema> seen) {
        if (seen.add(schema)) {
            visitor.accept(schema);
            children(schema).forEach(child -> visit(child, visitor, seen));
        }
    }

    private static List<Schema> children(Schema schema) {
        List<Schema> children = new ArrayList<>();
        addAll(
                children,
                schema.getProperties() == null ? null : schema.getProperties().values());
        addAll(children, schema.getAnyOf());
        addAll(children, schema.getOneOf());
        addAll(children, schema.getAllOf());
        addAll(children, schema.getPrefixItems());
        if (schema.getItems() != null) {
            children.add(schema.getItems());
        }
        if (schema.getAdditionalPropertiesSchema() != null) {
            children.add(schema.getAdditionalPropertiesSchema());
        }
        return children;
    }

    private static void addAll(List<Schema> all, Collection<Schema> some) {
        if (some != null) {
            all.addAll(some);
        }
    }

    private Set<String> reachableFrom(Stream<Schema> roots) {
        Set<String> names = new LinkedHashSet<>();
        roots.filter(Objects::nonNull).forEach(root -> collect(root, names));
        return names;
    }

    private void collect(Schema schema, Set<String> names) {
        if (schema.getRef() != null) {
            String name = schema.getRef().substring(PREFIX.length());
            if (names.add(name)) {
                if (!components.containsKey(name)) {
                    throw new IllegalStateException("no schema is called " + name);
                }
                collect(components.get(name), names);
            }
        }
        children(schema).forEach(child -> collect(child, names));
    }

    private static Set<String> union(Set<String> one, Set<String> other) {
        Set<String> all = new LinkedHashSet<>(one);
        all.addAll(other);
        return all;
    }
}
