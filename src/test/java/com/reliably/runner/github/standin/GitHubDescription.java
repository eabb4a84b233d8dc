package com.reliably.runner.github.standin;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.oas.OpenApi30;
import com.reliably.testing.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * GitHub's own description of its API (npm {@code @octokit/openapi}): whether requests and answers are as it says, and
 * examples to make answers of. Fetched once, into {@code target/github}; tests are skipped where that cannot be.
 */
final class GitHubDescription {

    /** github.com. */
    static final String CLOUD = "api.github.com.json";
    /** The newest Enterprise Server that is described. */
    static final String ENTERPRISE_SERVER = "ghes-3.19.json";

    private static final String PACKAGE = "@octokit/openapi@23.0.2";
    private static final Path DIRECTORY = Path.of("target", "github");
    /** What any operation may answer, whether its own description says so or not: credentials, rights, limits. */
    private static final Set<Integer> ANYWHERE = Set.of(401, 403, 404, 429);

    /**
     * What is not described, and answered all the same: benc-uk/workflow-dispatch#72 and fcetool/fcetool#1 show what is said of a
     * workflow that is disabled, or has no such trigger.
     */
    private static final Set<String> UNSAID =
            Set.of("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches 422");

    private static final Map<String, GitHubDescription> READ = new ConcurrentHashMap<>();

    private static final JsonSchemaFactory VALIDATORS = JsonSchemaFactory.getInstance(
            SpecVersion.VersionFlag.V4, factory -> factory.metaSchema(JsonMetaSchema.builder(OpenApi30.getInstance())
                            .keyword(new NonValidationKeyword("components"))
                            .keyword(new NonValidationKeyword("x-github-breaking-changes"))
                            .keyword(new NonValidationKeyword("x-multi-segment"))
                            .build())
                    .defaultMetaSchemaIri(OpenApi30.getInstance().getIri()));

    private final JsonNode document;
    private final List<Operation> operations = new ArrayList<>();
    private final Map<String, JsonSchema> validators = new ConcurrentHashMap<>();

    record Operation(String method, String template, Pattern pattern, JsonNode json) {

        private long literals() {
            return template.chars().filter(c -> c == '/').count() * 2
                    - template.chars().filter(c -> c == '{').count();
        }
    }

    private GitHubDescription(JsonNode document) {
        this.document = document;
        document.path("paths")
                .fields()
                .forEachRemaining(path -> path.getValue().fields().forEachRemaining(member -> {
                    if (member.getValue().has("responses")) {
                        operations.add(new Operation(
                                member.getKey(), path.getKey(), patternOf(path.getKey()), member.getValue()));
                    }
                }));
    }

    /** A path, a reference and the like may have slashes. */
    private static Pattern patternOf(String template) {
        Matcher parameter = Pattern.compile("\\{([a-z_]+)}").matcher(template);
        StringBuilder pattern = new StringBuilder();
        int from = 0;
        while (parameter.find()) {
            pattern.append(Pattern.quote(template.substring(from, parameter.start())));
            pattern.append(Set.of("path", "ref").contains(parameter.group(1)) ? ".+" : "[^/]+");
            from = parameter.end();
        }
        return Pattern.compile(
                pattern.append(Pattern.quote(template.substring(from))).toString());
    }

    static GitHubDescription of(String file) {
        return READ.computeIfAbsent(file, name -> {
            Path json = DIRECTORY.resolve("package/generated").resolve(name);
            try {
                if (!Files.exists(json)) {
                    fetch(name);
                }
                return new GitHubDescription(new ObjectMapper().readTree(json.toFile()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static synchronized void fetch(String file) throws IOException {
        Files.createDirectories(DIRECTORY);
        boolean fetched;
        try {
            fetched = Command.of("npm", "pack", "--silent", PACKAGE)
                            .in(DIRECTORY)
                            .run()
                            .exitCode()
                    == 0;
        } catch (IllegalStateException withoutNpm) {
            fetched = false;
        }
        assumeTrue(fetched, "GitHub's description of its API is fetched by npm, which is not here or reaches nothing");
        Path archive = Files.list(DIRECTORY)
                .filter(path -> path.toString().endsWith(".tgz"))
                .findFirst()
                .orElseThrow();
        Command.of("tar", "-xzf", archive.getFileName().toString(), "package/generated/" + file)
                .in(DIRECTORY)
                .run()
                .succeeded();
    }

    /** The operation that a request reaches. */
    Operation operation(String method, String path) {
        return operations.stream()
                .filter(operation -> operation.method().equalsIgnoreCase(method)
                        && operation.pattern().matcher(path).matches())
                .max((one, other) -> Long.compare(one.literals(), other.literals()))
                .orElse(null);
    }

    /** What GitHub would refuse of a request. */
    List<String> faultsOfRequest(String method, String path, Map<String, String> query, JsonNode body) {
        Operation operation = operation(method, path);
        if (operation == null) {
            return List.of("there is no " + method + " " + path);
        }
        List<String> faults = new ArrayList<>();
        Set<String> known = StreamSupport.stream(
                        operation.json().path("parameters").spliterator(), false)
                .map(this::resolved)
                .filter(parameter -> parameter.path("in").asText().equals("query"))
                .map(parameter -> parameter.path("name").asText())
                .collect(Collectors.toSet());
        query.keySet().stream()
                .filter(name -> !known.contains(name))
                .forEach(name -> faults.add(method + " " + operation.template() + " has no parameter " + name));
        JsonNode content =
                resolved(operation.json().path("requestBody")).path("content").path("application/json");
        boolean required =
                resolved(operation.json().path("requestBody")).path("required").asBoolean();
        if (body == null || body.isMissingNode()) {
            if (required) {
                faults.add(method + " " + operation.template() + " needs a body");
            }
        } else if (content.has("schema")) {
            faults.addAll(faults(content.get("schema"), body));
        }
        return faults;
    }

    /** What GitHub would never answer. */
    List<String> faultsOfAnswer(String method, String path, int status, JsonNode body) {
        Operation operation = operation(method, path);
        if (operation == null || status >= 500) {
            // A path that GitHub does not have, and what proxies say of a GitHub that is down.
            return List.of();
        }
        JsonNode response = operation.json().path("responses").path(Integer.toString(status));
        boolean isUnsaid = UNSAID.contains(method + " " + operation.template() + " " + status);
        if (response.isMissingNode() && (ANYWHERE.contains(status) || isUnsaid)) {
            return faults(document.at("/components/schemas/basic-error"), body);
        }
        if (response.isMissingNode() && status != 304) {
            return List.of(method + " " + operation.template() + " never answers " + status);
        }
        JsonNode schema =
                resolved(response).path("content").path("application/json").path("schema");
        if (status >= 400) {
            return faultsOfError(schema, body);
        }
        if (schema.isMissingNode()) {
            return body == null || body.isMissingNode() ? List.of() : List.of(status + " has no body");
        }
        return faults(schema, body);
    }

    /** What GitHub would never tell a webhook. */
    List<String> faultsOfDelivery(String name, JsonNode body) {
        JsonNode schema = document.path("components").path("schemas").path("webhook-" + name);
        return schema.isMissingNode() ? List.of("there is no webhook " + name) : faults(schema, body);
    }

    /** Errors are described by several schemas of which one is a part of the other, or by none where they are plain. */
    private List<String> faultsOfError(JsonNode schema, JsonNode body) {
        JsonNode described = schema.isMissingNode() ? document.at("/components/schemas/basic-error") : schema;
        return described.has("oneOf")
                ? StreamSupport.stream(described.get("oneOf").spliterator(), false)
                        .map(one -> faults(one, body))
                        .min(Comparator.comparing(List::size))
                        .orElseThrow()
                : faults(described, body);
    }

    /** An answer of an operation, whole, to be changed. */
    ObjectNode example(String method, String template, int status) {
        return exampleOf(method, template, status).deepCopy();
    }

    private JsonNode exampleOf(String method, String template, int status) {
        JsonNode examples = document.path("paths")
                .path(template)
                .path(method.toLowerCase(Locale.ROOT))
                .path("responses")
                .path(Integer.toString(status))
                .path("content")
                .path("application/json")
                .path("examples");
        JsonNode first = examples.elements().next();
        return resolved(first).path("value");
    }

    /** The same, where it is a list. */
    JsonNode examples(String method, String template, int status) {
        return exampleOf(method, template, status).deepCopy();
    }

    private List<String> faults(JsonNode schema, JsonNode value) {
        return validators.computeIfAbsent(schema.toString(), ignored -> validator(schema)).validate(value).stream()
                .map(ValidationMessage::getMessage)
                .toList();
    }

    private JsonSchema validator(JsonNode schema) {
        ObjectNode whole = new ObjectMapper().createObjectNode();
        whole.putArray("allOf").add(schema);
        whole.set("components", document.path("components"));
        return VALIDATORS.getSchema(whole);
    }

    private JsonNode resolved(JsonNode node) {
        String ref = node.path("$ref").asText();
        return ref.isEmpty() ? node : resolved(document.at(ref.substring(1)));
    }
}
