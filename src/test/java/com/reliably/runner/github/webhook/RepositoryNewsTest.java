package com.reliably.runner.github.webhook;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.github.webhook.RepositoryNews.Concern;
import com.reliably.runner.github.webhook.RepositoryNews.Item;
import com.reliably.testing.ApiTest;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What those hear who wait for news of a repository, with the real database. */
@ApiTest
class RepositoryNewsTest {

    private static final String REPOSITORY = "github.com/acme/chaos";
    private static final Duration SOON = Duration.ofSeconds(40);

    @Inject
    Pool pool;

    private final UUID orgId = UUID.randomUUID();
    private CountedStore store;
    private RepositoryNews news;

    /** Counts how often the real one is asked. */
    private static final class CountedStore extends DeliveryStore {

        private final AtomicInteger asked = new AtomicInteger();

        private CountedStore(Pool pool) {
            super(pool);
        }

        @Override
        Uni<News> since(Long place, UUID server) {
            asked.incrementAndGet();
            return super.since(place, server);
        }
    }

    @BeforeEach
    void start() {
        store = new CountedStore(pool);
        news = new RepositoryNews(store);
    }

    @AfterEach
    void stop() {
        news.stop();
    }

    @Test
    void nobodyHearsOfAnotherOrganizationsDeliveries() {
        Concern concern = new Concern(orgId, REPOSITORY, null);
        long before = news.lastOf(concern);
        news.tell(new Item(UUID.randomUUID(), REPOSITORY, 1));
        news.tell(new Item(orgId, "github.com/acme/other", 1));
        assertEquals(before, news.lastOf(concern));
        news.tell(new Item(orgId, REPOSITORY, 1));
        assertTrue(news.lastOf(concern) > before);
    }

    @Test
    void whatHappensDuringALookIsNotMissed() {
        long lookedAt = System.nanoTime();
        news.tell(new Item(orgId, REPOSITORY, 7));
        Concern concern = new Concern(orgId, REPOSITORY, 7L);
        news.pause(concern, lookedAt, Duration.ofMinutes(10)).await().atMost(SOON);
    }

    @Test
    void theDatabaseIsAskedOnlyWhileSomebodyWaits() {
        news.tell(new Item(orgId, REPOSITORY, 1));
        assertEquals(0, store.asked.get());
        Concern other = new Concern(orgId, REPOSITORY, 2L);
        Cancellable waits = news.pause(
                        other, System.nanoTime() - Duration.ofMinutes(1).toNanos(), Duration.ofMinutes(1))
                .subscribe()
                .with(ignored -> {});
        await().atMost(SOON).until(() -> store.asked.get() > 2);
        waits.cancel();
        AtomicInteger seen = new AtomicInteger(-1);
        await().atMost(SOON)
                .pollInterval(Duration.ofSeconds(2))
                .until(() -> seen.getAndSet(store.asked.get()) == store.asked.get());
    }
}
