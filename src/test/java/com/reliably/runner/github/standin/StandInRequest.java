package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * A request as it is understood.
 *
 * @param path below what answers it: first of the API, then of the repository, then of its part
 * @param body null where there is none
 */
record StandInRequest(String method, String path, Map<String, String> query, JsonNode body) {

    /** The same, of what is below a part. */
    StandInRequest below(String part) {
        return new StandInRequest(method, path.substring(part.length()), query, body);
    }

    /** Method and path, to be told apart by. */
    String key() {
        return method + " " + path;
    }

    /** A member of the body; empty where there is none. */
    String text(String member) {
        return body == null ? "" : body.path(member).asText();
    }
}
