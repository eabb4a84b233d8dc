package com.reliably.runner.github.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Every request to GitHub goes through here: to hosts that the operator allows only, following no redirect, within a time
 * and a size, and not while GitHub wants to hear nothing. Its methods block, and are called by workers.
 */
@Singleton
final class GitHubHttp {

    private static final int MOST_WORKERS = 16;
    private static final int LARGEST_ANSWER = 16 * 1024 * 1024;
    private static final int LONGEST_MESSAGE = 300;
    private static final String CONDITION = "If-None-Match";
    /** Of the API, whose answers do not change with GitHub's newest. */
    private static final String API_VERSION = "2022-11-28";

    private final GitHubApiSettings settings;
    private final RateLimits limits;
    private final ObjectMapper json;
    private final ExecutorService threads;
    private final ExecutorService workers;
    private final HttpClient client;
    private final AnswerCache cache = new AnswerCache();

    GitHubHttp(GitHubApiSettings settings, RateLimits limits, ObjectMapper json) {
        this.settings = settings;
        this.limits = limits;
        this.json = json;
        this.threads = Executors.newFixedThreadPool(2, named("github-http"));
        // Of its own, because requests block: to wait for GitHub takes nothing from others.
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                MOST_WORKERS, MOST_WORKERS, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named("github-worker"));
        pool.allowCoreThreadTimeOut(true);
        this.workers = pool;
        this.client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(settings.answersWithin())
                .executor(threads)
                .build();
    }

    private static ThreadFactory named(String name) {
        return work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    @PreDestroy
    void stop() {
        workers.shutdownNow();
        threads.shutdownNow();
    }

    /** What its methods are to be called by. */
    Executor workers() {
        return workers;
    }

    /**
     * A request.
     *
     * @param caller  by which limits are counted; no secret
     * @param headers the caller's authorization among them
     * @param body    null where there is none
     */
    record Request(String caller, String method, URI uri, Map<String, String> headers, byte[] body) {

        /** Whether it asks for something, without a condition of its own. */
        private boolean isComparable() {
            return method.equals("GET") && !headers.containsKey(CONDITION);
        }

        private Request unlessItIs(String etag) {
            Map<String, String> conditional = new HashMap<>(headers);
            conditional.put(CONDITION, etag);
            return new Request(caller, method, uri, conditional, body);
        }

        /** Without the headers, which have the token. */
        @Override
        public String toString() {
            return method + " " + uri.getPath();
        }
    }

    /**
     * Sends a request, and waits for the answer.
     *
     * @return an answer with a status below 400
     * @throws GitHubFault where it was refused, is not to be asked now, or was not heard of
     */
    GitHubAnswer send(Request request) throws GitHubFault {
        if (!request.isComparable()) {
            return judged(request);
        }
        Optional<String> etag = cache.etagOf(request);
        GitHubAnswer answer = judged(etag.map(request::unlessItIs).orElse(request));
        if (etag.isEmpty() || answer.status() != 304) {
            cache.keep(request, answer);
            return answer;
        }
        Optional<GitHubAnswer> known = cache.confirmed(request, answer);
        return known.isPresent() ? known.get() : judged(request);
    }

    private GitHubAnswer judged(Request request) throws GitHubFault {
        limits.check(request.caller());
        GitHubAnswer answer = answer(built(request), LARGEST_ANSWER, request.toString());
        Optional<GitHubFault.Limited> limited = limits.note(request.caller(), answer);
        if (limited.isPresent()) {
            throw limited.get();
        }
        if (answer.status() >= 500) {
            throw new GitHubFault.Unheard(
                    "GitHub is in trouble itself: it answered " + answer.status() + " to " + request + ".", null);
        }
        if (answer.status() >= 400) {
            throw new GitHubFault.Refused(answer.status(), messageOf(answer));
        }
        return answer;
    }

    /** The same, where a redirect is no answer: a repository that was renamed or moved. */
    GitHubAnswer sendHere(Request request) throws GitHubFault {
        GitHubAnswer answer = send(request);
        if (answer.status() >= 300 && answer.status() != 304) {
            throw new GitHubFault.Refused(
                    answer.status(),
                    "GitHub says that it is elsewhere: the repository was renamed or moved. Give its new URL in the"
                            + " deployment's 'repo'.");
        }
        return answer;
    }

    /**
     * Fetches a text that GitHub redirects to, from where the operator allows, without the caller's authorization.
     *
     * @param most bytes; the rest is left out
     */
    byte[] fetchRedirected(Request request, int most) throws GitHubFault {
        GitHubAnswer answer = send(request);
        if (answer.status() < 300) {
            return answer.body();
        }
        URI target = targetOf(request, answer);
        if (!isAllowed(target, request.uri())) {
            throw new GitHubFault.Refused(
                    answer.status(),
                    "GitHub says that the log is at " + target.getHost()
                            + ", which this server does not call; its operator can allow it in"
                            + " RELIABLY_GITHUB_LOG_HOSTS.");
        }
        HttpRequest plain = HttpRequest.newBuilder(target)
                .timeout(settings.answersWithin())
                .GET()
                .build();
        GitHubAnswer log = answer(plain, most, "the fetch of a log");
        if (log.status() != 200) {
            throw new GitHubFault.Unheard("The log is not to be had: " + log.status() + ".", null);
        }
        return log.body();
    }

    private static URI targetOf(Request request, GitHubAnswer answer) throws GitHubFault {
        try {
            return answer.header("location")
                    .map(location -> request.uri().resolve(location))
                    .orElseThrow(() -> new IllegalArgumentException("no location"));
        } catch (IllegalArgumentException e) {
            throw new GitHubFault.Refused(answer.status(), "GitHub sends elsewhere for a log, and does not say where.");
        }
    }

    private boolean isAllowed(URI target, URI origin) {
        if (target.getRawAuthority() != null && target.getRawAuthority().equals(origin.getRawAuthority())) {
            return origin.getScheme().equals(target.getScheme());
        }
        if (!"https".equals(target.getScheme())
                || target.getHost() == null
                || target.getPort() > 0 && target.getPort() != 443) {
            return false;
        }
        String host = target.getHost().toLowerCase(Locale.ROOT);
        return settings.logHosts().stream()
                .map(allowed -> allowed.strip().toLowerCase(Locale.ROOT))
                .anyMatch(allowed ->
                        allowed.startsWith("*.") ? host.endsWith(allowed.substring(1)) : host.equals(allowed));
    }

    private HttpRequest built(Request request) throws GitHubFault {
        try {
            return builtOf(request);
        } catch (IllegalArgumentException quotesTheHeader) {
            throw new GitHubFault.Refused(
                    401,
                    "The credentials have characters that no request can carry: give them to the deployment anew.");
        }
    }

    private HttpRequest builtOf(Request request) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(request.uri())
                .timeout(settings.answersWithin())
                .header("User-Agent", "reliably-server")
                .header("X-GitHub-Api-Version", API_VERSION);
        request.headers().forEach((name, value) -> {
            if (!name.equalsIgnoreCase("X-GitHub-Api-Version") && !name.equalsIgnoreCase("User-Agent")) {
                builder.header(name, value);
            }
        });
        return builder.method(
                        request.method(),
                        request.body() == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(request.body()))
                .build();
    }

    /** The time is for all of it: a body may stop coming in the middle. */
    private GitHubAnswer answer(HttpRequest request, int most, String what) throws GitHubFault {
        CompletableFuture<HttpResponse<byte[]>> coming = client.sendAsync(request, head -> new BoundedBody(most));
        try {
            HttpResponse<byte[]> response = coming.get(settings.answersWithin().toMillis(), TimeUnit.MILLISECONDS);
            return new GitHubAnswer(response.statusCode(), response.headers().map(), response.body());
        } catch (ExecutionException e) {
            throw unheard(request, what, e.getCause());
        } catch (TimeoutException e) {
            coming.cancel(true);
            throw unheard(request, what, e);
        } catch (InterruptedException e) {
            coming.cancel(true);
            Thread.currentThread().interrupt();
            throw new GitHubFault.Unheard("The server was stopped meanwhile.", e);
        }
    }

    private GitHubFault.Unheard unheard(HttpRequest request, String what, Throwable cause) {
        String why = cause instanceof TimeoutException || cause instanceof HttpTimeoutException
                ? "nothing came within " + settings.answersWithin().toSeconds() + " s"
                : reason(cause);
        return new GitHubFault.Unheard(
                "GitHub (" + request.uri().getHost() + ") did not answer to " + what + ": " + why + ".", cause);
    }

    private static String reason(Throwable e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private String messageOf(GitHubAnswer answer) {
        StringBuilder message = new StringBuilder();
        try {
            JsonNode body = json.readTree(answer.body());
            message.append(body.path("message").asText(""));
            for (JsonNode error : body.path("errors")) {
                String more = error.isTextual()
                        ? error.asText()
                        : error.path("message").asText("");
                if (!more.isEmpty()) {
                    message.append(message.isEmpty() ? "" : ", ").append(more);
                }
            }
        } catch (IOException notJson) {
            // A proxy's page says nothing.
        }
        String text = message.isEmpty() ? "no reason given" : message.toString();
        return "GitHub says " + answer.status() + ": "
                + (text.length() > LONGEST_MESSAGE ? text.substring(0, LONGEST_MESSAGE) + "…" : text);
    }

    /** What JSON a request has. */
    byte[] jsonOf(Object body) {
        try {
            return json.writeValueAsString(body).getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("plain maps are JSON", e);
        }
    }

    /** What JSON an answer has. */
    <T> T read(GitHubAnswer answer, Class<T> type) throws GitHubFault {
        try {
            return json.readerFor(type)
                    .without(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .readValue(answer.body());
        } catch (IOException e) {
            throw new GitHubFault.Unheard("GitHub's answer is not what its API promises.", null);
        }
    }
}
