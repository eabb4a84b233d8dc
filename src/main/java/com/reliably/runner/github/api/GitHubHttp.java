package com.reliably.runner.github.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.outbound.OutboundClients;
import com.reliably.outbound.OutboundRules;
import com.reliably.outbound.UrlHost;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.ProxyOptions;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
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
    private static final int LARGEST_HEADERS = 64 * 1024;
    private static final int LONGEST_MESSAGE = 300;
    /** GitHub closes what is idle after a minute; a request must not be sent into that. */
    private static final int KEPT_FOR_SECONDS = 15;

    private static final String CONDITION = "If-None-Match";
    /** Of the API, whose answers do not change with GitHub's newest. */
    private static final String API_VERSION = "2022-11-28";

    private final GitHubApiSettings settings;
    private final RateLimits limits;
    private final ObjectMapper json;
    private final ExecutorService workers;
    private final HttpClient api;
    private final HttpClient elsewhere;
    private final AnswerCache cache = new AnswerCache();

    GitHubHttp(
            GitHubApiSettings settings, RateLimits limits, ObjectMapper json, Vertx vertx, OutboundClients outbound) {
        this.settings = settings;
        this.limits = limits;
        this.json = json;
        // Of its own, because requests block: to wait for GitHub takes nothing from others.
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                MOST_WORKERS, MOST_WORKERS, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named("github-worker"));
        pool.allowCoreThreadTimeOut(true);
        this.workers = pool;
        // The operator names the hosts of the API, each exactly. Where logs are is said by answers.
        this.api = outbound.client(vertx, options(settings), OutboundRules.ofOperator());
        this.elsewhere = outbound.client(vertx, options(settings), OutboundRules.ofTenant());
    }

    private static HttpClientOptions options(GitHubApiSettings settings) {
        return new HttpClientOptions()
                .setConnectTimeout(Math.toIntExact(settings.answersWithin().toMillis()))
                .setMaxPoolSize(MOST_WORKERS)
                .setKeepAliveTimeout(KEPT_FOR_SECONDS)
                .setMaxHeaderSize(LARGEST_HEADERS)
                .setMaxInitialLineLength(LARGEST_HEADERS)
                .setName("github");
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
        api.close();
        elsewhere.close();
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
        GitHubAnswer answer =
                answer(api, request.uri(), built(request), request.body(), LARGEST_ANSWER, request.toString());
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
                    "GitHub says that the log is at " + UrlHost.of(target)
                            + ", which this server does not call; its operator can allow it in"
                            + " RELIABLY_GITHUB_LOG_HOSTS.");
        }
        boolean here = request.uri().getRawAuthority().equals(target.getRawAuthority());
        RequestOptions plain = new RequestOptions().setMethod(HttpMethod.GET).setAbsoluteURI(target.toString());
        GitHubAnswer log = answer(here ? api : elsewhere, target, plain, null, most, "the fetch of a log");
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
        if (!"https".equals(target.getScheme()) || UrlHost.of(target) == null || UrlHost.portOf(target, 443) != 443) {
            return false;
        }
        String host = UrlHost.of(target).toLowerCase(Locale.ROOT);
        return settings.logHosts().stream()
                .map(allowed -> allowed.strip().toLowerCase(Locale.ROOT))
                .anyMatch(allowed ->
                        allowed.startsWith("*.") ? host.endsWith(allowed.substring(1)) : host.equals(allowed));
    }

    private static RequestOptions built(Request request) throws GitHubFault {
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.valueOf(request.method()))
                .setAbsoluteURI(request.uri().toString())
                .putHeader("User-Agent", "reliably-server")
                .putHeader("X-GitHub-Api-Version", API_VERSION);
        for (Map.Entry<String, String> header : request.headers().entrySet()) {
            if (header.getValue().chars().anyMatch(c -> c < ' ' && c != '\t' || c > '~')) {
                throw new GitHubFault.Refused(
                        401,
                        "The credentials have characters that no request can carry: give them to the deployment anew.");
            }
            if (!header.getKey().equalsIgnoreCase("X-GitHub-Api-Version")
                    && !header.getKey().equalsIgnoreCase("User-Agent")) {
                options.putHeader(header.getKey(), header.getValue());
            }
        }
        return options;
    }

    /** The time is for all of it: a body may stop coming in the middle. */
    private GitHubAnswer answer(HttpClient client, URI uri, RequestOptions request, byte[] body, int most, String what)
            throws GitHubFault {
        proxyFor(uri).ifPresent(request::setProxyOptions);
        BoundedAnswer coming = new BoundedAnswer(most);
        client.request(request).onSuccess(made -> coming.read(made, body)).onFailure(coming::fail);
        try {
            return coming.whole().get(settings.answersWithin().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw unheard(uri, what, e.getCause());
        } catch (TimeoutException e) {
            coming.giveUp();
            throw unheard(uri, what, e);
        } catch (InterruptedException e) {
            coming.giveUp();
            Thread.currentThread().interrupt();
            throw new GitHubFault.Unheard("The server was stopped meanwhile.", e);
        }
    }

    /** As Java's own properties name it ({@code https.proxyHost}), which are the operator's. */
    private static Optional<ProxyOptions> proxyFor(URI uri) {
        ProxySelector selector = ProxySelector.getDefault();
        return (selector == null || uri.getHost() == null ? List.<Proxy>of() : selector.select(uri))
                .stream()
                        .limit(1)
                        .filter(proxy -> proxy.type() == Proxy.Type.HTTP)
                        .map(proxy -> (InetSocketAddress) proxy.address())
                        .map(address -> new ProxyOptions()
                                .setHost(address.getHostString())
                                .setPort(address.getPort()))
                        .findFirst();
    }

    private GitHubFault.Unheard unheard(URI uri, String what, Throwable cause) {
        String why = cause instanceof TimeoutException
                ? "nothing came within " + settings.answersWithin().toSeconds() + " s"
                : reason(cause);
        return new GitHubFault.Unheard(
                "GitHub (" + UrlHost.of(uri) + ") did not answer to " + what + ": " + why + ".", cause);
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
