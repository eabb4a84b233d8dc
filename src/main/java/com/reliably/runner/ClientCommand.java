package com.reliably.runner;

import com.reliably.trace.RunTraces;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** How the Reliably CLI is told what to run: its arguments, and the variables that it reads. */
@Singleton
public final class ClientCommand {

    /** The variable with the address at which the client reaches the server. */
    public static final String SERVER_URL = "RELIABLY_SERVICE_HOST";

    /** The variable with the run's token. */
    public static final String TOKEN = "RELIABLY_SERVICE_TOKEN";

    private final RunTraces traces;

    ClientCommand(RunTraces traces) {
        this.traces = traces;
    }

    /** What stands behind the name of the CLI. */
    public List<String> arguments(UUID planId) {
        return List.of(
                "service", "plan", "execute", "--set-status", "--log-stdout", "--load-environment", planId.toString());
    }

    /** The variables of a run; the contract's recorded environment of a managed child has the same. */
    public Map<String, String> variables(LaunchRequest request, String serverUrl, String token) {
        Map<String, String> variables = connection(request.orgId(), serverUrl, token);
        variables.put("RELIABLY_PLAN_ID", request.planId().toString());
        variables.put("RELIABLY_RUN_ID", request.runId().toString());
        if (request.requestedBy() != null) {
            variables.put("RELIABLY_USER_ID", request.requestedBy().toString());
        }
        traces.parentOf(request.runId()).ifPresent(parent -> variables.put("TRACEPARENT", parent));
        return variables;
    }

    /** The variables that say how the server is reached, in a map of the caller's own. */
    public Map<String, String> connection(UUID orgId, String serverUrl, String token) {
        URI url = URI.create(serverUrl);
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put(SERVER_URL, serverUrl);
        variables.put("RELIABLY_DOMAIN", serverUrl);
        variables.put("RELIABLY_HOST", url.getRawAuthority());
        variables.put("RELIABLY_USE_HTTP", Boolean.toString("http".equals(url.getScheme())));
        variables.put("RELIABLY_VERIFY_TLS", "1");
        variables.put(TOKEN, token);
        variables.put("RELIABLY_ORGANIZATION_ID", orgId.toString());
        return variables;
    }
}
