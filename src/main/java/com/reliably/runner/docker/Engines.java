package com.reliably.runner.docker;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.ContainerDefinition;
import com.reliably.deployment.EngineAddress;
import com.reliably.outbound.OutboundClients;
import com.reliably.outbound.OutboundRules;
import com.reliably.runner.LaunchFailure;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.impl.VertxBuilder;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The engines that this server has spoken to. All of them share one event loop, whatever the number of containers: it is
 * made with the first of them.
 */
@Singleton
final class Engines {

    private static final String USUAL = "unix:///var/run/docker.sock";
    /** Addresses and certificates; usually there is one. */
    private static final int KEPT = 200;

    /** Each is a thread while there is something to ask. */
    private static final int CALLS_AT_ONCE = 8;
    /** More wait than this only where an engine has ceased to answer. */
    private static final int CALLS_WAITING = 2000;
    /** Nearly each is there for as long as its container runs. */
    private static final int CONNECTIONS_AT_ONCE = 2000;

    private final ObjectMapper json;
    private final OutboundClients outbound;
    private final String own;
    private final Optional<String> ownCertificates;
    private final Map<Access, Engine> known = new ConcurrentHashMap<>();
    private Vertx vertx;
    private Context loop;

    Engines(DockerSettings settings, OutboundClients outbound, ObjectMapper json) {
        this.json = json;
        this.outbound = outbound;
        this.own = settings.host().filter(host -> !host.isBlank()).orElse(USUAL);
        this.ownCertificates = settings.certPath().filter(path -> !path.isBlank());
    }

    /** Only those who need it are told that it is wrong: {@code DOCKER_HOST} is not this server's variable. */
    private EngineAddress own() {
        try {
            return EngineAddress.of(own);
        } catch (IllegalArgumentException e) {
            throw new LaunchFailure("RELIABLY_DOCKER_HOST (or DOCKER_HOST) is of no use here: " + e.getMessage());
        }
    }

    /**
     * How an engine is reached: an address, and its TLS material, be it that of a deployment or that of the server.
     */
    private record Access(EngineAddress address, Optional<String> certificates, ContainerDefinition.Engine tls) {

        boolean usesTls() {
            return !address.isLocal() && (certificates.isPresent() || tls != null && tls.usesTls());
        }

        @Override
        public String toString() {
            return "Access[" + address + "]";
        }
    }

    /** The address of the engine that a deployment's runs are made with. */
    EngineAddress addressOf(ContainerDefinition definition) {
        return definition.engine() == null
                ? own()
                : EngineAddress.of(definition.engine().address());
    }

    /** The engine of a deployment. */
    Uni<Engine> of(ContainerDefinition definition) {
        return Uni.createFrom().deferred(() -> at(addressOf(definition), Optional.of(definition)));
    }

    /**
     * The engine at an address.
     *
     * @param definition the deployment as it is now, whose TLS material is taken if the address is still its own; empty
     *     where it is gone
     */
    Uni<Engine> at(EngineAddress address, Optional<ContainerDefinition> definition) {
        Optional<ContainerDefinition.Engine> named = definition
                .map(ContainerDefinition::engine)
                .filter(engine -> EngineAddress.of(engine.address()).equals(address));
        Access access = named.isPresent()
                ? new Access(address, Optional.empty(), named.get())
                : new Access(address, address.text().equals(own) ? ownCertificates : Optional.empty(), null);
        Engine engine = known.get(access);
        return engine != null ? Uni.createFrom().item(engine) : opened(access);
    }

    private Uni<Engine> opened(Access access) {
        return Uni.createFrom()
                .item(() -> open(access))
                .runSubscriptionOn(Engines::onThreadOfItsOwn)
                .onFailure()
                .transform(failure -> EngineFailure.unreachable(access.address().text(), failure));
    }

    /** The first one loads hundreds of classes, and an event loop must not be made on another one's. */
    private static void onThreadOfItsOwn(Runnable work) {
        new Thread(work, "docker-engines").start();
    }

    /** Those that are there to be looked at for what is left over: the server's own, and those in use since its start. */
    Uni<List<Engine>> known() {
        return Uni.createFrom()
                .deferred(() -> at(own(), Optional.empty()))
                .map(engine -> all())
                .onFailure(LaunchFailure.class)
                .recoverWithItem(this::all);
    }

    private List<Engine> all() {
        return List.copyOf(known.values());
    }

    private synchronized Engine open(Access access) {
        Engine engine = known.get(access);
        if (engine == null) {
            if (known.size() >= KEPT) {
                closeAnyOne();
            }
            engine = connectTo(access);
            known.put(access, engine);
        }
        return engine;
    }

    /** Every certificate that a deployment ever had makes one. Whoever follows a run with it gets another one. */
    private void closeAnyOne() {
        Iterator<Engine> engines = known.values().iterator();
        engines.next().close();
        engines.remove();
    }

    private Engine connectTo(Access access) {
        if (vertx == null) {
            begin();
        }
        HttpClientOptions options = options(access);
        if (access.usesTls()) {
            demandUsable(options);
        }
        EngineRequests requests = new EngineRequests(
                loop,
                // Deployments name only what the operator names in RELIABLY_DOCKER_ALLOWED_ENGINES, exactly.
                outbound.client(
                        vertx,
                        options.setMaxPoolSize(CONNECTIONS_AT_ONCE).setKeepAlive(false),
                        OutboundRules.ofOperator()),
                access.address(),
                access.usesTls());
        return new Engine(
                access.address(),
                new EngineTransport(requests, Engine.ANSWER_WITHIN),
                new EngineClientConfig(URI.create(access.address().text())),
                new EngineWorkers(CALLS_AT_ONCE, CALLS_WAITING),
                new EngineStreams(requests, json));
    }

    /** Now, rather than at the first connection. */
    private void demandUsable(HttpClientOptions options) {
        try {
            if (options.getKeyCertOptions() != null) {
                options.getKeyCertOptions().getKeyManagerFactory(vertx);
            }
            if (options.getTrustOptions() != null) {
                options.getTrustOptions().getTrustManagerFactory(vertx);
            }
        } catch (Exception e) {
            throw new LaunchFailure("The TLS material for the Docker engine is of no use: " + e.getMessage(), e);
        }
    }

    private void begin() {
        vertx = new VertxBuilder(new VertxOptions()
                        .setEventLoopPoolSize(1)
                        .setWorkerPoolSize(1)
                        .setInternalBlockingPoolSize(1))
                .findTransport(new DomainSocketTransport())
                .init()
                .vertx();
        loop = vertx.getOrCreateContext();
    }

    private static HttpClientOptions options(Access access) {
        HttpClientOptions options =
                new HttpClientOptions().setTcpKeepAlive(true).setName("docker");
        if (!access.usesTls()) {
            return options;
        }
        PemTrustOptions trusted = new PemTrustOptions();
        PemKeyCertOptions client = new PemKeyCertOptions();
        boolean hasClient;
        if (access.tls() != null) {
            hasClient = access.tls().cert() != null;
            if (access.tls().ca() != null) {
                trusted.addCertValue(Buffer.buffer(access.tls().ca()));
            }
            if (hasClient) {
                client.setCertValue(Buffer.buffer(access.tls().cert()))
                        .setKeyValue(Buffer.buffer(access.tls().key()));
            }
        } else {
            hasClient = true;
            String directory = access.certificates().orElseThrow();
            trusted.addCertPath(directory + "/ca.pem");
            client.setCertPath(directory + "/cert.pem").setKeyPath(directory + "/key.pem");
        }
        if (!trusted.getCertPaths().isEmpty() || !trusted.getCertValues().isEmpty()) {
            options.setTrustOptions(trusted);
        }
        if (hasClient) {
            options.setKeyCertOptions(client);
        }
        return options;
    }

    @PreDestroy
    synchronized void close() {
        known.values().forEach(Engine::close);
        known.clear();
        if (vertx != null) {
            vertx.close();
        }
    }
}
