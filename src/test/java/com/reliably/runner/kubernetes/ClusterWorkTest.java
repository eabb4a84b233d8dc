package com.reliably.runner.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ClusterWorkTest {

    @Test
    void aClusterThatDoesNotAnswerHoldsUpNothingButItself() throws InterruptedException {
        ClusterWork work = new ClusterWork();
        CountDownLatch answered = new CountDownLatch(1);
        AtomicInteger done = new AtomicInteger();
        CountDownLatch all = new CountDownLatch(100);
        try (KubernetesClient silent = client();
                KubernetesClient sound = client()) {
            for (int i = 0; i < 100; i++) {
                work.call(silent, () -> {
                            done.incrementAndGet();
                            return awaited(answered);
                        })
                        .subscribe()
                        .with(ignored -> all.countDown());
            }
            String answer = work.call(sound, () -> "here").await().atMost(Duration.ofSeconds(60));
            assertEquals("here", answer);
            assertTrue(done.get() <= 5, done + " calls at once");
            answered.countDown();
            assertTrue(all.await(60, TimeUnit.SECONDS), "all are carried out, one after the other");
        } finally {
            work.stop();
        }
    }

    private static KubernetesClient client() {
        return new KubernetesClientBuilder().withConfig(Config.empty()).build();
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            return latch.await(120, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
