package com.reliably.runner.kubernetes.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;

/** Tells answers of API servers from those of anything else, which are never quoted. */
public final class ApiServerAnswer {

    private static final String FAILURE = "Failure";

    private ApiServerAnswer() {}

    /**
     * Whether a refusal came with the Status of an API server. The client makes one up from any other answer, but leaves out
     * that it is a failure, which API servers always say.
     */
    public static boolean isRefusal(KubernetesClientException answer) {
        Status status = answer.getStatus();
        return status != null && FAILURE.equals(status.getStatus());
    }

    /** Whether this is what an API server answers to the question for its version: that, or a refusal to tell. */
    static boolean isToVersion(int code, byte[] body, ObjectMapper json) {
        try {
            JsonNode answer = json.readTree(body);
            return code == 200
                    ? answer.path("gitVersion").isTextual()
                            && answer.path("major").isTextual()
                    : "Status".equals(answer.path("kind").asText())
                            && FAILURE.equals(answer.path("status").asText());
        } catch (IOException e) {
            return false;
        }
    }
}
