package com.reliably.integration;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What an integration does on the client's side: a Chaos Toolkit control. The client merges the controls of a plan's
 * integrations by name. Modules and arguments are those of chaostoolkit-reliably 0.84.0, chaostoolkit-slack 0.10.0 and
 * chaostoolkit-opentracing 0.18.1; the latter two must be among the run's requirements.
 *
 * @param name     names the control in the plan
 * @param provider the Python module
 */
@Schema(name = "IntegrationControl", description = "What an integration does in a run: a Chaos Toolkit control")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record IntegrationControl(
        @Schema(examples = "reliably-integration-prechecks-5f0c1b7e")
        String name,

        Provider provider) {

    /**
     * A Python module, and what it is called with.
     *
     * @param type      always {@code python}
     * @param module    the module's full name
     * @param secrets   the experiment's secrets that it takes; null (and left out) where it takes none
     * @param arguments of {@code configure_control}; null (and left out) where it has none
     */
    @Schema(name = "IntegrationControlPythonProvider")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Provider(
            @Schema(examples = "python") String type,

            @Schema(examples = "chaosreliably.controls.prechecks")
            String module,

            @Schema(description = "Left out where there are none")
            List<String> secrets,

            @Schema(description = "Left out where there are none")
            Map<String, Object> arguments) {}

    /**
     * The control of a Slack integration has exactly this name: the client looks it up when it collects what was said
     * in the channel. One channel takes part in a run anyway.
     */
    private static final String SLACK = "reliably-integration-slack";

    /** How often a safeguard is called that does not say, in seconds. */
    private static final String FREQUENCY = "5";

    /**
     * The control of an integration.
     *
     * @param variables of its environment, without secrets
     * @return empty where nothing happens on the client's side
     */
    static Optional<IntegrationControl> of(IntegrationProvider provider, UUID id, Map<String, String> variables) {
        String name = "reliably-integration-" + provider + "-" + id.toString().substring(0, 8);
        return switch (provider) {
            case SLACK ->
                Optional.of(new IntegrationControl(
                        SLACK, new Provider("python", "chaosslack.control", List.of(SLACK), null)));
            case OPENTELEMETRY ->
                control(
                        name,
                        "chaostracing.oltp",
                        Map.of(
                                "trace_request",
                                true,
                                "trace_httpx",
                                true,
                                "trace_botocore",
                                true,
                                "trace_urllib3",
                                true));
            case CHATGPT ->
                control(
                        name,
                        "chaosreliably.controls.chatgpt",
                        Map.of("openai_model", fromEnvironment("OPENAI_MODEL")));
            case PRECHECKS ->
                control(
                        name,
                        "chaosreliably.controls.prechecks",
                        Map.of(
                                "url", plainOrFromEnvironment("RELIABLY_PRECHECKS_ENDPOINT", variables),
                                "auth", fromEnvironment("RELIABLY_PRECHECKS_ENDPOINT_AUTH")));
            case SAFEGUARDS ->
                control(
                        name,
                        "chaosreliably.controls.safeguard",
                        Map.of(
                                "url", plainOrFromEnvironment("RELIABLY_SAFEGUARDS_ENDPOINT", variables),
                                "auth", fromEnvironment("RELIABLY_SAFEGUARDS_ENDPOINT_AUTH"),
                                "frequency", frequency(variables)));
            case AUTOPAUSE -> control(name, "chaosreliably.controls.autopause", Map.of("autopause", autopause()));
            case ASSISTANT, SNAPSHOT, NOTIFICATION -> Optional.empty();
        };
    }

    private static Optional<IntegrationControl> control(String name, String module, Map<String, Object> arguments) {
        return Optional.of(new IntegrationControl(name, new Provider("python", module, null, arguments)));
    }

    private static Map<String, Object> autopause() {
        return Map.of(
                "method", Map.of("actions", pause("METHOD_ACTION"), "probes", pause("METHOD_PROBE")),
                "steady-state-hypothesis", pause("SSH"),
                "rollbacks", pause("ROLLBACKS"));
    }

    private static Map<String, Object> pause(String place) {
        return Map.of(
                "enabled", fromEnvironment("RELIABLY_AUTOPAUSE_" + place + "_ENABLED"),
                "pause_duration", fromEnvironment("RELIABLY_AUTOPAUSE_" + place + "_DURATION"));
    }

    private static Object frequency(Map<String, String> variables) {
        String key = "RELIABLY_SAFEGUARDS_FREQUENCY";
        Map<String, String> reference = new LinkedHashMap<>(fromEnvironment(key));
        reference.put("default", FREQUENCY);
        return variables.containsKey(key) ? variables.get(key) : reference;
    }

    /**
     * The value itself where everybody may see it. In a plan with two such integrations a reference would find the
     * later one's value for both, and one check would silently not take place.
     */
    private static Object plainOrFromEnvironment(String key, Map<String, String> variables) {
        return variables.containsKey(key) ? variables.get(key) : fromEnvironment(key);
    }

    private static Map<String, String> fromEnvironment(String key) {
        return Map.of("type", "env", "key", key);
    }
}
