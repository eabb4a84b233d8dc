package com.reliably.runner.github.api;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What GitHub answered.
 *
 * @param status  of HTTP
 * @param headers by name in lower case
 * @param body    as it came
 */
public record GitHubAnswer(int status, Map<String, List<String>> headers, byte[] body) {

    /** The first value of a header; empty where it was not sent. */
    public Optional<String> header(String lowerCaseName) {
        return Optional.ofNullable(headers.get(lowerCaseName))
                .flatMap(values -> values.stream().findFirst());
    }

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** Without the body, which may be anything. */
    @Override
    public String toString() {
        return "GitHubAnswer[" + status + ", " + body.length + " bytes]";
    }
}
