package com.reliably.web;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;
import org.eclipse.microprofile.openapi.models.tags.Tag;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.AnnotationTarget;
import org.jboss.jandex.AnnotationValue;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.MethodInfo;

/**
 * Completes the OpenAPI document when the server is built: what holds for every endpoint is said here once, instead of
 * in annotations on each. Resources say only what is theirs: an operationId, a summary, a tag.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public final class ApiDocument implements OASFilter {

    private static final DotName OPERATION =
            DotName.createSimple("org.eclipse.microprofile.openapi.annotations.Operation");
    private static final DotName PERMIT = DotName.createSimple("com.reliably.access.Permit");
    private static final DotName WITHOUT_TOKEN = DotName.createSimple(WithoutToken.class.getName());
    private static final DotName STATUS = DotName.createSimple("org.jboss.resteasy.reactive.ResponseStatus");
    private static final String SCHEME = "bearer";
    /** Stands for the query parameters that only one operation has. */
    private static final String FILTERS = "*";

    private static final Pattern PATH_PARAMETER = Pattern.compile("\\{([^}:]+)");

    /** The order in which one gets to know them. */
    private static final List<String> TAGS = List.of(
            "Organizations",
            "Tokens",
            "Deployments",
            "Environments",
            "Integrations",
            "Experiments",
            "Plans",
            "Runs",
            "Executions",
            "Events");

    /** What the abbreviations in paths stand for. */
    private static final Map<String, String> IDS = Map.of(
            "org_id", "organization",
            "dep_id", "deployment",
            "env_id", "environment",
            "exp_id", "experiment",
            "exec_id", "execution");

    private final Map<String, MethodInfo> endpoints = new LinkedHashMap<>();
    private final IndexView index;

    /** Made at build time, with the index of the application's classes. */
    public ApiDocument(IndexView index) {
        this.index = index;
        for (AnnotationInstance operation : index.getAnnotations(OPERATION)) {
            AnnotationValue id = operation.value("operationId");
            if (id != null && operation.target().kind() == AnnotationTarget.Kind.METHOD) {
                endpoints.put(id.asString(), operation.target().asMethod());
            }
        }
    }

    @Override
    public void filterOpenAPI(OpenAPI document) {
        document.getComponents().addSecurityScheme(SCHEME, bearer());
        document.setTags(document.getTags().stream()
                .sorted(Comparator.comparingInt((Tag tag) -> positionOf(tag)).thenComparing(Tag::getName))
                .toList());
        ApiErrors errors = new ApiErrors();
        errors.declare(document.getComponents());
        document.getPaths().getPathItems().forEach((path, item) -> item.getOperations()
                .forEach((method, operation) -> complete(path, method, operation, errors)));
        ApiSchemas schemas = new ApiSchemas(document, index);
        schemas.tidy();
        new ApiExamples().addTo(document);
    }

    private static int positionOf(Tag tag) {
        int position = TAGS.indexOf(tag.getName());
        return position < 0 ? TAGS.size() : position;
    }

    private static SecurityScheme bearer() {
        return OASFactory.createSecurityScheme()
                .type(SecurityScheme.Type.HTTP)
                .scheme("bearer")
                .description("An API token. The first one is made at the server's first start; `POST"
                        + " …/tokens` makes others. A token belongs to one organization.");
    }

    private void complete(String path, PathItem.HttpMethod method, Operation operation, ApiErrors errors) {
        // One without @Operation is left as it is; the document's test refuses it.
        MethodInfo endpoint = endpoints.get(operation.getOperationId());
        boolean open = endpoint != null && endpoint.hasAnnotation(WITHOUT_TOKEN);
        operation.setSecurity(
                open
                        ? List.of()
                        : List.of(OASFactory.createSecurityRequirement().addScheme(SCHEME)));
        describeParameters(path, operation);
        errors.addTo(method, operation, open);
        if (endpoint != null) {
            describeRight(operation, endpoint);
            setSuccess(operation, endpoint);
        }
    }

    private static void describeRight(Operation operation, MethodInfo endpoint) {
        AnnotationInstance permit = endpoint.annotation(PERMIT);
        if (permit == null) {
            return;
        }
        String right = permit.value().asEnum().toLowerCase(Locale.ROOT);
        boolean run = permit.value("run") != null && permit.value("run").asBoolean();
        String sentence = "Needs a token with the right `" + right + "`"
                + (run ? ", or the token of a run that this belongs to." : ".");
        String own = operation.getDescription();
        operation.setDescription(own == null || own.isBlank() ? sentence : own.strip() + "\n\n" + sentence);
    }

    private static void describeParameters(String path, Operation operation) {
        if (operation.getParameters() == null) {
            return;
        }
        List<String> order = new ArrayList<>();
        Matcher names = PATH_PARAMETER.matcher(path);
        while (names.find()) {
            order.add(names.group(1).strip());
        }
        order.addAll(List.of("pattern", FILTERS, "page", "limit"));
        List<Parameter> parameters = new ArrayList<>(operation.getParameters());
        parameters.sort(
                Comparator.comparingInt(p -> order.indexOf(order.contains(p.getName()) ? p.getName() : FILTERS)));
        for (Parameter parameter : parameters) {
            String name = parameter.getName();
            if (parameter.getIn() == Parameter.In.PATH && parameter.getDescription() == null && name.endsWith("_id")) {
                String thing = IDS.getOrDefault(
                        name, name.substring(0, name.length() - "_id".length()).replace('_', ' '));
                parameter.setDescription("The " + thing + "'s id, a UUID of version 4");
            }
            if (name.equals("pattern") && parameter.getDescription() == null) {
                parameter.setDescription("What to look for: found anywhere in a name, whatever its case");
                // Elsewhere it may be left out: then everything is found.
                parameter.setRequired(operation.getOperationId().startsWith("search"));
            }
        }
        operation.setParameters(parameters);
    }

    /** The scanner knows nothing of Quarkus' annotation for the status, and calls every answer "OK". */
    private static void setSuccess(Operation operation, MethodInfo endpoint) {
        AnnotationInstance annotation = endpoint.annotation(STATUS);
        APIResponses responses = operation.getResponses();
        APIResponse ok = responses.getAPIResponse("200");
        if (ok == null) {
            return;
        }
        ok.setContent(withoutParameters(ok.getContent()));
        if (answersNothing(ok)) {
            ok.setDescription("Done; there is nothing to say, so the body is `null`");
        }
        if (annotation != null && annotation.value().asInt() != 200) {
            responses.removeAPIResponse("200");
            responses.addAPIResponse(Integer.toString(annotation.value().asInt()), ok);
            if ("OK".equals(ok.getDescription())) {
                ok.setDescription(annotation.value().asInt() == 201 ? "Created" : "Accepted");
            }
        }
    }

    /** {@code text/plain; charset=utf-8} is documented as {@code text/plain}: that is what it is looked up by. */
    private static Content withoutParameters(Content content) {
        if (content == null) {
            return null;
        }
        Content bare = OASFactory.createContent();
        content.getMediaTypes().forEach((type, body) -> bare.addMediaType(type.split(";")[0].strip(), body));
        return bare;
    }

    private static boolean answersNothing(APIResponse response) {
        return response.getContent() != null
                && response.getContent().getMediaTypes().values().stream()
                        .map(MediaType::getSchema)
                        .anyMatch(schema -> schema != null && ApiSchemas.NOTHING.equals(schema.getRef()));
    }
}
