package com.reliably.runner.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.EngineAddress;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.parsetools.RecordParser;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The HTTP API of one Docker engine, as far as runs need it. No thread waits for anything (docs/adr/0014). Every method
 * fails with {@link EngineFailure}; none is tried again.
 */
final class Engine {

    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);
    /** Without a byte. An engine that makes many containers at once takes its time for each. */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(90);

    private static final Duration PULL_SILENT_FOR = Duration.ofMinutes(5);
    /** No answer that is read whole is anywhere near. */
    private static final int LARGEST_ANSWER = 8 << 20;

    private static final Map<String, String> NO_HEADERS = Map.of();

    private final Context loop;
    private final HttpClient calls;
    private final HttpClient streams;
    private final EngineAddress address;
    private final boolean tls;
    private final ObjectMapper json;
    private volatile boolean closed;

    /**
     * An engine that nobody has spoken to yet.
     *
     * @param loop    the event loop that everything happens on
     * @param calls   for requests that are answered soon
     * @param streams for those that hold their connection for as long as a container runs
     */
    Engine(Context loop, HttpClient calls, HttpClient streams, EngineAddress address, boolean tls, ObjectMapper json) {
        this.loop = loop;
        this.calls = calls;
        this.streams = streams;
        this.address = address;
        this.tls = tls;
        this.json = json;
    }

    EngineAddress address() {
        return address;
    }

    /** Gives its connections up; whoever uses it has to get it again. */
    void close() {
        closed = true;
        calls.close();
        streams.close();
    }

    boolean isClosed() {
        return closed;
    }

    /** What it says of itself. */
    Uni<JsonNode> version() {
        return get("/version");
    }

    /** An image that the engine has; empty where it has none of that name. */
    Uni<Optional<JsonNode>> image(String image) {
        return emptyIfNotFound(get("/images/" + image + "/json"));
    }

    /** Asks the image's registry whether it would give the image out. */
    Uni<JsonNode> lookUpInRegistry(String image, RegistryLogin login) {
        return uni(() -> ask(
                        calls, HttpMethod.GET, "/distribution/" + image + "/json", ANSWER_WITHIN, headers(login), null)
                .compose(this::json));
    }

    /** Pulls an image. What it downloads goes on only for as long as somebody waits here. */
    Uni<Void> pull(String image, RegistryLogin login) {
        // Without a tag the engine would pull all there are.
        boolean exact = image.indexOf('@') >= 0 || image.indexOf(':', image.lastIndexOf('/') + 1) >= 0;
        String uri = "/images/create?fromImage=" + encode(exact ? image : image + ":latest");
        return uni(() -> ask(streams, HttpMethod.POST, uri, PULL_SILENT_FOR, headers(login), null)
                .compose(this::untilPulled));
    }

    private static Map<String, String> headers(RegistryLogin login) {
        return login.header() == null ? NO_HEADERS : Map.of("X-Registry-Auth", login.header());
    }

    /** Makes a container, and returns its id. */
    Uni<String> create(String name, JsonNode container) {
        return uni(() -> ask(
                                calls,
                                HttpMethod.POST,
                                "/containers/create?name=" + encode(name),
                                ANSWER_WITHIN,
                                NO_HEADERS,
                                Buffer.buffer(container.toString()))
                        .compose(this::json))
                .map(answer -> answer.path("Id").asText());
    }

    /** A container by its id or name; empty where there is none. */
    Uni<Optional<Container>> container(String idOrName) {
        return uni(() -> ask(
                                calls,
                                HttpMethod.GET,
                                "/containers/" + encode(idOrName) + "/json",
                                ANSWER_WITHIN,
                                NO_HEADERS,
                                null)
                        .compose(answer -> json(answer)
                                .map(inspect -> Optional.of(Container.of(inspect, answer.getHeader("Date"))))))
                .onFailure(Engine::isNotFound)
                .recoverWithItem(Optional.empty());
    }

    /** Containers with a label of this name, ended ones included: id, labels, state. */
    Uni<List<JsonNode>> containersWith(String label) {
        String filters = "{\"label\":[\"" + label + "\"]}";
        return get("/containers/json?all=1&filters=" + encode(filters)).map(found -> {
            List<JsonNode> containers = new ArrayList<>();
            found.forEach(containers::add);
            return containers;
        });
    }

    /** Whether a container that need not run has something at this path. */
    Uni<Boolean> hasPath(String id, String path) {
        return done(HttpMethod.HEAD, "/containers/" + id + "/archive?path=" + encode(path), ANSWER_WITHIN, null)
                .replaceWith(true)
                .onFailure(Engine::isNotFound)
                .recoverWithItem(false);
    }

    /** Unpacks a tar archive in a directory of a container that need not run. */
    Uni<Void> unpack(String id, String directory, byte[] tar) {
        return done(
                HttpMethod.PUT,
                "/containers/" + id + "/archive?noOverwriteDirNonDir=1&path=" + encode(directory),
                ANSWER_WITHIN,
                Buffer.buffer(tar));
    }

    /** Starts a container; nothing happens where it was started before. */
    Uni<Void> start(String id) {
        return done(HttpMethod.POST, "/containers/" + id + "/start", ANSWER_WITHIN, null);
    }

    /** Asks a container to end, by SIGTERM, and has it killed after a while; succeeds once it has ended. */
    Uni<Void> stop(String id, Duration grace) {
        return done(
                HttpMethod.POST, "/containers/" + id + "/stop?t=" + grace.toSeconds(), grace.plus(ANSWER_WITHIN), null);
    }

    /** Waits until a container has ended; returns its exit code. */
    Uni<Integer> ended(String id, Duration within) {
        return uni(() -> ask(streams, HttpMethod.POST, "/containers/" + id + "/wait", within, NO_HEADERS, null)
                        .compose(this::json))
                .map(answer -> answer.path("StatusCode").asInt());
    }

    Uni<Void> rename(String id, String name) {
        return done(HttpMethod.POST, "/containers/" + id + "/rename?name=" + encode(name), ANSWER_WITHIN, null);
    }

    /**
     * Removes a container with its anonymous volumes; nothing happens where it is gone.
     *
     * @param force whether it is killed first where it runs; refused as a conflict otherwise
     */
    Uni<Void> remove(String id, boolean force) {
        return done(HttpMethod.DELETE, "/containers/" + id + "?v=1&force=" + force, ANSWER_WITHIN, null)
                .onFailure(Engine::isNotFound)
                .recoverWithNull();
    }

    /** The output of a container from its beginning on, until the container has ended. */
    Uni<LogStream> follow(String id) {
        return uni(() -> ask(
                        streams,
                        HttpMethod.GET,
                        "/containers/" + id + "/logs?stdout=1&stderr=1&follow=1",
                        Duration.ZERO,
                        NO_HEADERS,
                        null)
                .map(response -> new LogStream(loop, response)));
    }

    /** Everything that a container has printed so far; for those that print little. */
    Uni<Buffer> output(String id) {
        return uni(() -> ask(
                        calls,
                        HttpMethod.GET,
                        "/containers/" + id + "/logs?stdout=1&stderr=1&tail=100",
                        ANSWER_WITHIN,
                        NO_HEADERS,
                        null)
                .compose(this::body));
    }

    private Uni<JsonNode> get(String uri) {
        return uni(() ->
                ask(calls, HttpMethod.GET, uri, ANSWER_WITHIN, NO_HEADERS, null).compose(this::json));
    }

    /** For requests whose answer is only whether it was done. */
    private Uni<Void> done(HttpMethod method, String uri, Duration within, Buffer body) {
        return uni(() -> ask(calls, method, uri, within, NO_HEADERS, body).compose(this::body))
                .replaceWithVoid();
    }

    private static boolean isNotFound(Throwable failure) {
        return failure instanceof EngineFailure refused && refused.isNotFound();
    }

    private static <T> Uni<Optional<T>> emptyIfNotFound(Uni<T> answer) {
        return answer.map(Optional::of).onFailure(Engine::isNotFound).recoverWithItem(Optional.empty());
    }

    /** On the event loop from the first step on: elsewhere an answer could be over before the next step is made. */
    private <T> Uni<T> uni(Supplier<Future<T>> request) {
        return Uni.createFrom()
                .<T>emitter(emitter -> loop.runOnContext(ignored -> Future.succeededFuture()
                        .compose(begun -> request.get())
                        .onSuccess(emitter::complete)
                        .onFailure(emitter::fail)))
                .onFailure(failure -> !(failure instanceof EngineFailure))
                .transform(failure -> EngineFailure.unreachable(address.text(), failure));
    }

    /** An answer that is no refusal, its body yet to come. */
    private Future<HttpClientResponse> ask(
            HttpClient client,
            HttpMethod method,
            String uri,
            Duration silentFor,
            Map<String, String> headers,
            Buffer body) {
        RequestOptions options = new RequestOptions()
                .setMethod(method)
                .setURI(uri)
                .setConnectTimeout(CONNECT_WITHIN.toMillis())
                .setIdleTimeout(silentFor.toMillis());
        if (address.isLocal()) {
            options.setServer(SocketAddress.domainSocketAddress(address.path()))
                    .setHost("docker")
                    .setPort(80);
        } else {
            options.setHost(address.host()).setPort(address.port(tls)).setSsl(tls);
        }
        headers.forEach(options::putHeader);
        if (body != null) {
            options.putHeader("Content-Type", uri.contains("/archive") ? "application/x-tar" : "application/json");
        }
        return client.request(options)
                .compose(request -> body == null ? request.send() : request.send(body))
                .compose(
                        response -> response.statusCode() < 400 ? Future.succeededFuture(response) : refusal(response));
    }

    private Future<HttpClientResponse> refusal(HttpClientResponse response) {
        return body(response)
                .compose(body -> Future.failedFuture(EngineFailure.refused(response.statusCode(), messageOf(body))));
    }

    private String messageOf(Buffer body) {
        try {
            return json.readTree(body.getBytes()).path("message").asText(body.toString());
        } catch (IOException e) {
            return body.toString();
        }
    }

    private Future<JsonNode> json(HttpClientResponse response) {
        return body(response).compose(body -> {
            try {
                return Future.succeededFuture(json.readTree(body.getBytes()));
            } catch (IOException e) {
                return Future.failedFuture(e);
            }
        });
    }

    private Future<Buffer> body(HttpClientResponse response) {
        Promise<Buffer> whole = Promise.promise();
        Buffer body = Buffer.buffer();
        response.handler(piece -> {
            body.appendBuffer(piece);
            if (body.length() > LARGEST_ANSWER) {
                response.request().reset();
                whole.tryFail("The answer is larger than " + LARGEST_ANSWER + " bytes");
            }
        });
        response.endHandler(ignored -> whole.tryComplete(body));
        response.exceptionHandler(whole::tryFail);
        return whole.future();
    }

    /** A pull answers with a line of JSON for each step; what went wrong is one of them. */
    private Future<Void> untilPulled(HttpClientResponse response) {
        Promise<Void> pulled = Promise.promise();
        RecordParser lines = RecordParser.newDelimited("\n", response).maxRecordSize(LARGEST_ANSWER);
        lines.handler(line ->
                errorOf(line).ifPresent(error -> pulled.tryFail(EngineFailure.refused(response.statusCode(), error))));
        lines.endHandler(ignored -> pulled.tryComplete());
        lines.exceptionHandler(pulled::tryFail);
        return pulled.future();
    }

    private Optional<String> errorOf(Buffer line) {
        try {
            return Optional.ofNullable(
                    json.readTree(line.getBytes()).path("error").textValue());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
