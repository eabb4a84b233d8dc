package com.reliably.runner.docker;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.dockerjava.transport.DockerHttpClient;
import com.reliably.deployment.EngineAddress;
import com.reliably.outbound.OutboundRules;
import com.reliably.outbound.TestOutbound;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.impl.VertxBuilder;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineWorkersTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final EngineWorkers workers = new EngineWorkers(2, 3);

    @AfterEach
    void close() {
        workers.close();
    }

    @Test
    void noMoreCallsAreMadeAtOnceThanThereAreThreads() {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Uni<Integer>> calls = IntStream.range(0, 5)
                .mapToObj(i -> workers.call(() -> {
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    Thread.onSpinWait();
                    now.decrementAndGet();
                    return i;
                }))
                .toList();
        assertEquals(
                List.of(0, 1, 2, 3, 4),
                Uni.join().all(calls).andFailFast().await().atMost(SOON));
        assertTrue(most.get() <= 2, () -> "at once: " + most);
    }

    @Test
    void moreThanMayWaitIsRefusedAndTheRestOnClosing() {
        CountDownLatch never = new CountDownLatch(1);
        List<CompletableFuture<Object>> going = IntStream.range(0, 5)
                .mapToObj(i -> workers.<Object>call(() -> {
                            never.await();
                            return "never";
                        })
                        .subscribeAsCompletionStage())
                .toList();
        assertThrows(
                RejectedExecutionException.class,
                () -> workers.call(() -> "one too many").await().atMost(SOON));
        workers.close();
        await().atMost(SOON).until(() -> going.stream().allMatch(CompletableFuture::isCompletedExceptionally));
    }

    @Test
    void anEngineThatSaysNothingKeepsNoThread(@TempDir Path directory) throws IOException {
        Path socket = directory.resolve("s");
        try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            silent.bind(UnixDomainSocketAddress.of(socket));
            Vertx vertx = new VertxBuilder()
                    .findTransport(new DomainSocketTransport())
                    .init()
                    .vertx();
            EngineRequests requests = new EngineRequests(
                    vertx.getOrCreateContext(),
                    TestOutbound.usual().clients().client(vertx, new HttpClientOptions(), OutboundRules.ofOperator()),
                    EngineAddress.of("unix://" + socket),
                    false);
            EngineTransport transport = new EngineTransport(requests, Duration.ofSeconds(60));
            DockerHttpClient.Request.Builder request = DockerHttpClient.Request.builder();
            request.method("GET").path("/version");
            for (int i = 0; i < 4; i++) {
                Uni<EngineTransport.Answer> asked = workers.call(() -> transport.execute(request.build()))
                        .ifNoItem()
                        .after(Duration.ofMillis(300))
                        .fail();
                assertThrows(TimeoutException.class, () -> asked.await().atMost(SOON));
            }
            // Both threads are there for others.
            assertEquals("free", workers.call(() -> "free").await().atMost(SOON));
            vertx.close();
        }
    }
}
