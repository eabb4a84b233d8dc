package com.reliably.runner.github;

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
record GitHubAnswer(int status, Map<String, List<String>> headers, byte[] body) {

    Optional<String> header(String lowerCaseName) {
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
