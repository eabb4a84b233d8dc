package com.reliably.runner.docker;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.command.InspectImageResponse;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.Version;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.transport.DockerHttpClient;
import com.reliably.deployment.EngineAddress;
import com.reliably.runner.LaunchFailure;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;

/**
 * One Docker engine, as far as runs need it. What it answers soon is asked by docker-java, on threads of the engine's own;
 * what takes as long as a container runs holds no thread (docs/adr/0014). Every method fails with {@link EngineFailure};
 * none that changes something is tried again.
 */
final class Engine {

    /** An engine that makes many containers at once takes its time for each. */
    static final Duration ANSWER_WITHIN = Duration.ofSeconds(90);

    private static final Duration PULL_SILENT_FOR = Duration.ofMinutes(5);
    private static final int LINES_OF_OUTPUT = 100;

    private final EngineAddress address;
    private final EngineTransport transport;
    private final EngineClientConfig config;
    private final DockerClient client;
    private final EngineWorkers workers;
    private final EngineStreams streams;
    private final ObjectMapper json;
    private volatile boolean closed;

    /** An engine that nobody has spoken to yet. */
    Engine(
            EngineAddress address,
            EngineTransport transport,
            EngineClientConfig config,
            EngineWorkers workers,
            EngineStreams streams) {
        this.address = address;
        this.transport = transport;
        this.config = config;
        this.client = DockerClientImpl.getInstance(config, transport);
        this.workers = workers;
        this.streams = streams;
        this.json = config.json();
    }

    EngineAddress address() {
        return address;
    }

    /** Gives its connections and threads up; whoever uses it has to get it again. */
    void close() {
        closed = true;
        workers.close();
        transport.close();
        streams.close();
    }

    boolean isClosed() {
        return closed;
    }

    /** What it says of itself. */
    Uni<Version> version() {
        return call(() -> client.versionCmd().exec());
    }

    /** An image that the engine has; empty where it has none of that name. */
    Uni<Optional<InspectImageResponse>> image(String image) {
        return emptyIfNotFound(call(() -> client.inspectImageCmd(image).exec()));
    }

    /** Asks the image's registry whether it would give the image out. docker-java has no command for it. */
    Uni<Void> lookUpInRegistry(String image, RegistryLogin login) {
        return call(() -> ask("GET", "/distribution/" + image + "/json", login.headers()))
                .replaceWithVoid();
    }

    /** Pulls an image. What it downloads goes on only for as long as somebody waits here. */
    Uni<Void> pull(String image, RegistryLogin login) {
        boolean exact = image.indexOf('@') >= 0 || image.indexOf(':', image.lastIndexOf('/') + 1) >= 0;
        return streams.pull(exact ? image : image + ":latest", login, PULL_SILENT_FOR);
    }

    /** Makes a container, and returns its id. */
    Uni<String> create(String name, ContainerSpec container) {
        return call(() -> container
                .tell(client.createContainerCmd(container.image()).withName(name))
                .exec()
                .getId());
    }

    /** A container by its id or name; empty where there is none. */
    Uni<Optional<Container>> container(String idOrName) {
        return emptyIfNotFound(call(() -> inspect(idOrName)));
    }

    /** docker-java keeps what an answer says, and not when, which is in its head. */
    private Container inspect(String idOrName) {
        EngineClock clock = new EngineClock(transport);
        InspectContainerResponse found = DockerClientImpl.getInstance(config, clock)
                .inspectContainerCmd(idOrName)
                .exec();
        return new Container(found, clock.now());
    }

    /** Containers with a label of this name, ended ones included. */
    Uni<List<ListedContainer>> containersWith(String label) {
        return call(() -> client.listContainersCmd().withShowAll(true).withLabelFilter(List.of(label)).exec().stream()
                .map(Engine::listed)
                .toList());
    }

    private static ListedContainer listed(com.github.dockerjava.api.model.Container found) {
        return new ListedContainer(
                found.getId(),
                found.getLabels() == null ? Map.of() : found.getLabels(),
                found.getState(),
                Instant.ofEpochSecond(found.getCreated()));
    }

    /** Whether a container that need not run has something at this path. docker-java would fetch it. */
    Uni<Boolean> hasPath(String id, String path) {
        return call(() -> ask("HEAD", "/containers/" + id + "/archive?path=" + encode(path), Map.of()))
                .replaceWith(true)
                .onFailure(Engine::isNotFound)
                .recoverWithItem(false);
    }

    /** Unpacks a tar archive in a directory of a container that need not run. */
    Uni<Void> unpack(String id, String directory, byte[] tar) {
        return call(() -> client.copyArchiveToContainerCmd(id)
                .withRemotePath(directory)
                .withNoOverwriteDirNonDir(true)
                .withTarInputStream(new ByteArrayInputStream(tar))
                .exec());
    }

    /** Starts a container; nothing happens where it was started before. */
    Uni<Void> start(String id) {
        return call(() -> {
            try {
                return client.startContainerCmd(id).exec();
            } catch (NotModifiedException e) {
                return null;
            }
        });
    }

    /** Asks a container to end, by SIGTERM, and has it killed after a while; succeeds once it has ended. */
    Uni<Void> stop(String id, Duration grace) {
        return streams.stop(id, grace, grace.plus(ANSWER_WITHIN));
    }

    /** Waits until a container has ended; returns its exit code. */
    Uni<Integer> ended(String id, Duration within) {
        return streams.ended(id, within);
    }

    Uni<Void> rename(String id, String name) {
        return call(() -> client.renameContainerCmd(id).withName(name).exec());
    }

    /**
     * Removes a container with its anonymous volumes; nothing happens where it is gone.
     *
     * @param force whether it is killed first where it runs; refused as a conflict otherwise
     */
    Uni<Void> remove(String id, boolean force) {
        return call(() -> client.removeContainerCmd(id)
                        .withRemoveVolumes(true)
                        .withForce(force)
                        .exec())
                .onFailure(Engine::isNotFound)
                .recoverWithNull();
    }

    /** The output of a container from its beginning on, until the container has ended. */
    Uni<LogStream> follow(String id) {
        return streams.follow(id);
    }

    /**
     * Everything that a container has printed so far, in the engine's frames; for those that print little. docker-java would
     * make a thread for it, and wait for that.
     */
    Uni<Buffer> output(String id) {
        return call(() -> Buffer.buffer(
                ask("GET", "/containers/" + id + "/logs?stdout=1&stderr=1&tail=" + LINES_OF_OUTPUT, Map.of())
                        .bytes()));
    }

    /** For what docker-java has no command that fits. */
    private EngineTransport.Answer ask(String method, String path, Map<String, String> headers) {
        DockerHttpClient.Request.Builder request = DockerHttpClient.Request.builder();
        request.method(method).path(path).putAllHeaders(headers);
        EngineTransport.Answer answer = transport.execute(request.build());
        if (answer.status() >= 400) {
            throw new DockerException(new String(answer.bytes(), StandardCharsets.UTF_8), answer.status());
        }
        return answer;
    }

    private static boolean isNotFound(Throwable failure) {
        return failure instanceof EngineFailure refused && refused.isNotFound();
    }

    private static <T> Uni<Optional<T>> emptyIfNotFound(Uni<T> answer) {
        return answer.map(Optional::of).onFailure(Engine::isNotFound).recoverWithItem(Optional.empty());
    }

    private <T> Uni<T> call(Callable<T> request) {
        return workers.call(request)
                .ifNoItem()
                .after(ANSWER_WITHIN)
                .fail()
                .onFailure(failure -> !(failure instanceof LaunchFailure))
                .transform(this::failure);
    }

    private EngineFailure failure(Throwable failure) {
        if (failure instanceof DockerException refused) {
            return EngineFailure.refused(refused, json);
        }
        if (failure instanceof TimeoutException) {
            return EngineFailure.unreachable(
                    address.text(), new IOException("no answer within " + ANSWER_WITHIN.toSeconds() + " s", failure));
        }
        if (failure instanceof RejectedExecutionException) {
            return EngineFailure.unreachable(
                    address.text(), new IOException("too much waits for its answers already", failure));
        }
        return EngineFailure.unreachable(address.text(), causeOf(failure));
    }

    /** docker-java wraps what went wrong with a connection. */
    private static Throwable causeOf(Throwable failure) {
        boolean wrapped = failure.getClass() == RuntimeException.class || failure instanceof UncheckedIOException;
        return wrapped && failure.getCause() != null ? causeOf(failure.getCause()) : failure;
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
