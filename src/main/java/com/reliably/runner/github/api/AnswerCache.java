package com.reliably.runner.github.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What GitHub has answered, to be asked for again with the condition that it is no more so: then it costs nothing of the rate
 * limit. Nothing is used that GitHub has not just confirmed.
 *
 * @see <a href="https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api">conditional requests</a>
 */
final class AnswerCache {

    private static final int LARGEST = 256 * 1024;
    private static final long MOST_BYTES = 16L * 1024 * 1024;
    private static final Duration KEPT = Duration.ofMinutes(30);

    private final Cache<Key, GitHubAnswer> answers = Caffeine.newBuilder()
            .maximumWeight(MOST_BYTES)
            .weigher((Key key, GitHubAnswer answer) -> answer.body().length + 1024)
            .expireAfterAccess(KEPT)
            .build();

    /** Credentials are part of it: others may see something else, or nothing. */
    private record Key(String caller, URI uri) {}

    /** What to compare with; empty where nothing is known. */
    Optional<String> etagOf(GitHubHttp.Request request) {
        return Optional.ofNullable(answers.getIfPresent(keyOf(request))).flatMap(known -> known.header("etag"));
    }

    /** Keeps an answer to be compared with. */
    void keep(GitHubHttp.Request request, GitHubAnswer answer) {
        if (answer.status() == 200
                && answer.body().length <= LARGEST
                && answer.header("etag").isPresent()) {
            answers.put(keyOf(request), answer);
        }
    }

    /** The answer that GitHub says is still so, with the headers of now; empty where it was dropped meanwhile. */
    Optional<GitHubAnswer> confirmed(GitHubHttp.Request request, GitHubAnswer unchanged) {
        return Optional.ofNullable(answers.getIfPresent(keyOf(request))).map(known -> {
            Map<String, List<String>> headers = new HashMap<>(known.headers());
            unchanged.headers().forEach((name, values) -> {
                // Those of the body are the body's.
                if (!name.startsWith("content-")) {
                    headers.put(name, values);
                }
            });
            return new GitHubAnswer(known.status(), headers, known.body());
        });
    }

    private static Key keyOf(GitHubHttp.Request request) {
        return new Key(request.caller(), request.uri());
    }
}
