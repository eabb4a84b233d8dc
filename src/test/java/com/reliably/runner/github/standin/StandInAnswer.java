package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * What is answered to a request.
 *
 * @param body null where there is none
 */
record StandInAnswer(int status, JsonNode body, Map<String, String> headers) {

    static StandInAnswer of(int status, JsonNode body) {
        return new StandInAnswer(status, body, Map.of());
    }

    /** Done, with nothing to say. */
    static StandInAnswer done() {
        return of(204, null);
    }
}
