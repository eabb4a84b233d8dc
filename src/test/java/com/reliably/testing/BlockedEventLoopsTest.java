package com.reliably.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

@Tag(BlockedEventLoops.ON_PURPOSE)
@OnEveryJdk
class BlockedEventLoopsTest {

    /** Run by the test below only. */
    static class Waiting {

        @Test
        void onTheEventLoop() throws Exception {
            VertxOptions options = new VertxOptions()
                    .setBlockedThreadCheckInterval(50)
                    .setMaxEventLoopExecuteTime(100)
                    .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS)
                    .setWarningExceptionTime(100)
                    .setWarningExceptionTimeUnit(TimeUnit.MILLISECONDS);
            Vertx vertx = Vertx.vertx(options);
            CountDownLatch never = new CountDownLatch(1);
            CountDownLatch done = new CountDownLatch(1);
            vertx.runOnContext(nothing -> {
                try {
                    assertFalse(never.await(1500, TimeUnit.MILLISECONDS));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                done.countDown();
            });
            assertTrue(done.await(30, TimeUnit.SECONDS));
            vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void aTestFailsWhereAnEventLoopWaits() {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create(LauncherConfig.builder()
                        .enableLauncherSessionListenerAutoRegistration(false)
                        .enableLauncherDiscoveryListenerAutoRegistration(false)
                        .enableTestExecutionListenerAutoRegistration(false)
                        .build())
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(DiscoverySelectors.selectClass(Waiting.class))
                                .build(),
                        listener);
        TestExecutionSummary summary = listener.getSummary();
        assertEquals(1, summary.getTestsFailedCount());
        String failure = summary.getFailures().get(0).getException().getMessage();
        assertTrue(failure.contains("event loops were blocked"), failure);
        assertTrue(failure.contains("CountDownLatch.await"), failure);
    }

    @Test
    void aServerThatWaitsOnAnEventLoopIsSeenInItsLog() throws Exception {
        List<String> log = """
                2026-11-23 22:21:45,997 INFO  [io.quarkus] (main) started
                2026-11-23 22:21:46,997 WARN  [io.ver.cor.imp.BlockedThreadChecker] (vertx-blocked-thread-checker) Thread Thread[vert.x-eventloop-thread-0,5,main] has been blocked for 604 ms, time limit is 500 ms: io.vertx.core.VertxException: Thread blocked
                \tat java.base@17.0.15/java.lang.Thread.sleep(Native Method)
                \tat com.reliably.Example.method(Example.java:1)

                2026-11-23 22:21:47,997 WARN  [io.ver.cor.imp.BlockedThreadChecker] (vertx-blocked-thread-checker) Thread Thread[#31,vert.x-eventloop-thread-1,5,main] has been blocked for 704 ms, time limit is 500 ms: io.vertx.core.VertxException: Thread blocked
                \tat java.base@25/java.util.HashMap.put(HashMap.java:1)
                \tat com.reliably.Example.method(Example.java:1)
                2026-11-23 22:21:48,997 WARN  [io.ver.cor.imp.BlockedThreadChecker] (vertx-blocked-thread-checker) Thread Thread[vert.x-eventloop-thread-1,5,main] has been blocked for 804 ms, time limit is 500 ms: io.vertx.core.VertxException: Thread blocked
                \tat java.base@17.0.15/java.io.RandomAccessFile.readBytes(Native Method)
                \tat java.base@17.0.15/java.lang.ClassLoader.loadClass(ClassLoader.java:1)
                2026-11-23 22:21:49,997 WARN  [io.ver.cor.imp.BlockedThreadChecker] (vertx-blocked-thread-checker) Thread Thread[executor-thread-1,5,main] has been blocked for 60004 ms, time limit is 60000 ms: io.vertx.core.VertxException: Thread blocked
                \tat java.base@17.0.15/java.lang.Thread.sleep(Native Method)
                """.lines().toList();
        List<BlockedEventLoop> blocked = BlockedEventLoop.inLog(log);
        assertEquals(
                List.of(true, false, false),
                blocked.stream()
                        .map(loop -> loop.isTooLong(Duration.ofSeconds(2)))
                        .toList());
        assertEquals(
                List.of("vert.x-eventloop-thread-0", "vert.x-eventloop-thread-1", "vert.x-eventloop-thread-1"),
                blocked.stream().map(BlockedEventLoop::thread).toList());
        assertTrue(blocked.get(1).isTooLong(Duration.ofMillis(700)));
    }

    @Test
    void whatNettyDoesWithItsSocketsDoesNotBlock() {
        List<String> idle = List.of(
                "sun.nio.ch.EPoll.wait(Native Method)",
                "sun.nio.ch.SelectorImpl.select(SelectorImpl.java:141)",
                "io.netty.channel.nio.NioEventLoop.select(NioEventLoop.java:891)",
                "io.netty.channel.nio.NioEventLoop.run(NioEventLoop.java:526)");
        List<String> readsAFile = List.of(
                "sun.nio.ch.FileDispatcherImpl.read0(Native Method)",
                "sun.nio.ch.FileChannelImpl.read(FileChannelImpl.java:234)",
                "com.reliably.Example.method(Example.java:1)",
                "io.netty.channel.nio.NioEventLoop.run(NioEventLoop.java:526)");
        assertFalse(found(idle).isTooLong(Duration.ofSeconds(2)));
        assertTrue(found(readsAFile).isTooLong(Duration.ofSeconds(2)));
    }

    private static BlockedEventLoop found(List<String> frames) {
        return new BlockedEventLoop("vert.x-eventloop-thread-0", Duration.ofMillis(628), frames, null);
    }
}
