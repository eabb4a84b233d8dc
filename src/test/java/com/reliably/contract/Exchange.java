package com.reliably.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One request of a recorded client, and what the existing server answered.
 *
 * @param file     the recording
 * @param line     its line in there, from 1
 * @param target   path and query
 * @param headers  of the request, names in lower case
 * @param body     of the request; null for none
 * @param status   null where the existing server broke the connection
 * @param type     the answer's media type, without parameters
 * @param answer   the answer's body; a string where it was not JSON
 */
record Exchange(
        String file,
        int line,
        String method,
        String target,
        Map<String, String> headers,
        String body,
        Integer status,
        String type,
        JsonNode answer) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A whole recording. */
    static List<Exchange> load(String file) {
        List<Exchange> exchanges = new ArrayList<>();
        try (InputStream in = Exchange.class.getResourceAsStream("/contract/" + file);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                exchanges.add(of(file, exchanges.size() + 1, JSON.readTree(line)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return exchanges;
    }

    private static Exchange of(String file, int line, JsonNode recorded) {
        JsonNode body = recorded.path("request_body");
        String text = body.isNull() || body.isTextual() && body.textValue().isEmpty()
                ? null
                : body.isTextual() ? body.textValue() : body.toString();
        String type = headers(recorded.path("response_headers")).getOrDefault("content-type", "");
        return new Exchange(
                file,
                line,
                recorded.path("method").textValue(),
                recorded.path("path").textValue(),
                headers(recorded.path("request_headers")),
                text,
                recorded.path("status").isNull()
                        ? null
                        : recorded.path("status").intValue(),
                type.replaceFirst("\\s*;.*", ""),
                recorded.path("response_body"));
    }

    private static Map<String, String> headers(JsonNode recorded) {
        Map<String, String> headers = new TreeMap<>();
        recorded.fields()
                .forEachRemaining(header -> headers.put(
                        header.getKey().toLowerCase(Locale.ROOT),
                        header.getValue().asText()));
        return headers;
    }

    /** The path alone. */
    String path() {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /** In the recording of a run: whether it was a user who asked the run for something, and not its client. */
    boolean isOfUser() {
        return method.equals("PUT")
                && path().endsWith("/state")
                && (body.contains("\"pause\"") || body.contains("\"resume\"") || body.contains("\"terminate\""));
    }

    @Override
    public String toString() {
        return file + ":" + line + " " + method + " " + target;
    }
}
