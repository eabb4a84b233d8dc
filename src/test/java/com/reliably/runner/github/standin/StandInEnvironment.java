package com.reliably.runner.github.standin;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The repository's environment, and its secrets. */
public final class StandInEnvironment {

    private static final String KEY_ID = "key-1";

    private final StandInWords words;
    private final List<String> faults;

    public volatile String name = "production";
    /** Base64, of the key that secrets are to be sealed with. */
    public volatile String key = "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=";
    /** As they came: sealed, by their names. */
    public final Map<String, String> secrets = new ConcurrentHashMap<>();

    StandInEnvironment(StandInWords words, List<String> faults) {
        this.words = words;
        this.faults = faults;
    }

    /** @param request below the environments */
    StandInAnswer answer(StandInRequest request) {
        if (request.path().startsWith(name + "/secrets/")) {
            return secret(request.below(name + "/secrets/"));
        }
        return request.path().equals(name)
                ? StandInAnswer.of(
                        200,
                        words.example("get", "/repos/{owner}/{repo}/environments/{environment_name}", 200)
                                .put("name", name))
                : words.unknown();
    }

    private StandInAnswer secret(StandInRequest request) {
        String secret = request.path();
        if (secret.equals("public-key")) {
            return StandInAnswer.of(200, words.object().put("key_id", KEY_ID).put("key", key));
        }
        if (!secret.matches("[A-Z_][A-Z0-9_]*") || secret.startsWith("GITHUB_")) {
            return words.unknown();
        }
        return switch (request.method()) {
            case "PUT" -> {
                if (!request.text("key_id").equals(KEY_ID)) {
                    faults.add("a secret that nobody can open");
                }
                boolean isNew = secrets.put(secret, request.text("encrypted_value")) == null;
                yield isNew ? StandInAnswer.of(201, words.object()) : StandInAnswer.done();
            }
            case "DELETE" -> secrets.remove(secret) == null ? words.unknown() : StandInAnswer.done();
            default ->
                secrets.containsKey(secret)
                        ? StandInAnswer.of(
                                200,
                                words.example(
                                                "get",
                                                "/repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}",
                                                200)
                                        .put("name", secret))
                        : words.unknown();
        };
    }
}
