package com.reliably.runner.github.webhook;

import com.reliably.runner.HomeContext;
import com.reliably.runner.github.api.RepositoryAddress;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * What webhooks tell: that something happened to a run. Who follows runs waits here between two looks, and is woken. What this
 * server is told wakes at once; what others are told is asked of the database, as long as anybody waits. It is a hint to
 * look, and nothing else: whoever misses one looks a little later.
 */
@Singleton
public final class RepositoryNews {

    private static final Logger LOG = Logger.getLogger(RepositoryNews.class);

    /** However much happens, nobody is woken sooner after a look began. */
    public static final Duration SPACING = Duration.ofSeconds(1);

    /** Those who answer at GitHub may be behind those who tell, so that what is told once counts twice. */
    private static final Duration ECHO = Duration.ofSeconds(3);

    private static final Duration ASK_EVERY = Duration.ofMillis(500);
    private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(5);
    /** Who looks at GitHub does not wait, and will in a moment. */
    private static final Duration ASKED_AFTER_LAST = Duration.ofSeconds(10);

    private static final Duration KEPT = Duration.ofMinutes(10);

    private final DeliveryStore store;
    private final UUID server = UUID.randomUUID();
    private final long beginning = System.nanoTime();
    private final Map<Concern, Long> told = new ConcurrentHashMap<>();
    private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile long lastWaitAt;
    private volatile long prunedAt = beginning;
    private volatile boolean stopped;
    /** Where to go on reading; null to begin. Of the one that asks. */
    private volatile Long place;

    RepositoryNews(DeliveryStore store) {
        this.store = store;
    }

    /**
     * Something that happened.
     *
     * @param orgId      the organisation whose deployment's webhook told it; others hear nothing of it
     * @param repository as {@link RepositoryAddress#nameOf} has it
     * @param gitHubRun  the run to which it happened
     */
    record Item(UUID orgId, String repository, long gitHubRun) {}

    /**
     * What somebody waits for.
     *
     * @param orgId      whose deployments' webhooks may tell it
     * @param repository as {@link RepositoryAddress#nameOf} has it
     * @param gitHubRun  null for any run
     */
    public record Concern(UUID orgId, String repository, Long gitHubRun) {

        /** Any run of the repository. */
        public static Concern any(UUID orgId, RepositoryAddress address) {
            return new Concern(orgId, RepositoryAddress.nameOf(address), null);
        }

        /** One run, by GitHub's number. */
        public static Concern run(UUID orgId, RepositoryAddress address, long gitHubRun) {
            return new Concern(orgId, RepositoryAddress.nameOf(address), gitHubRun);
        }
    }

    private record Waiter(Concern concern, UniEmitter<? super Void> emitter) {}

    @PreDestroy
    void stop() {
        stopped = true;
    }

    /** By which this server is known to those that are told something. */
    UUID server() {
        return server;
    }

    /** Something has happened. */
    void tell(Item item) {
        happened(item);
        after(ECHO).subscribe().with(ignored -> happened(item));
    }

    private void happened(Item item) {
        long now = System.nanoTime();
        Concern one = new Concern(item.orgId(), item.repository(), item.gitHubRun());
        Concern any = new Concern(item.orgId(), item.repository(), null);
        told.put(one, now);
        told.put(any, now);
        forgetOld(now);
        waiters.forEach(waiter -> {
            if (waiter.concern().equals(one) || waiter.concern().equals(any)) {
                waiter.emitter().complete(null);
            }
        });
    }

    private void forgetOld(long now) {
        if (now - prunedAt > KEPT.toNanos()) {
            prunedAt = now;
            told.values().removeIf(at -> now - at > KEPT.toNanos());
        }
    }

    /** When something last happened, as {@link System#nanoTime} has it; before any look where nothing has. */
    public long lastOf(Concern concern) {
        return told.getOrDefault(concern, beginning);
    }

    /**
     * Waits so long, or until something happens, or has happened since the last look.
     *
     * @param lookedAt when that look began, as {@link System#nanoTime} has it
     */
    public Uni<Void> pause(Concern concern, long lookedAt, Duration longest) {
        Duration spacing = SPACING.minusNanos(System.nanoTime() - lookedAt);
        if (spacing.isNegative() || spacing.isZero()) {
            return news(concern, lookedAt, longest);
        }
        Duration rest = longest.minus(spacing);
        return rest.isNegative() || rest.isZero()
                ? after(longest)
                : after(spacing).chain(() -> news(concern, lookedAt, rest));
    }

    private Uni<Void> news(Concern concern, long lookedAt, Duration longest) {
        Uni<Void> news = Uni.createFrom()
                .<Void>emitter(emitter -> {
                    Waiter waiter = new Waiter(concern, emitter);
                    emitter.onTermination(() -> waiters.remove(waiter));
                    waiters.add(waiter);
                    // Looked up after it waits, so that nothing is missed in between.
                    if (lastOf(concern) - lookedAt > 0) {
                        emitter.complete(null);
                    }
                    ask();
                })
                .ifNoItem()
                .after(inTimersUnit(longest))
                .recoverWithItem((Void) null);
        return HomeContext.keptBy(news);
    }

    /** So much later, or up to a millisecond more. */
    public static Uni<Void> after(Duration time) {
        return Uni.createFrom().voidItem().onItem().delayIt().by(inTimersUnit(time));
    }

    /** Event loops refuse less than a millisecond. */
    private static Duration inTimersUnit(Duration time) {
        return Duration.ofMillis(time.toMillis() + 1);
    }

    /** Begins to ask, unless that is done already. */
    private void ask() {
        lastWaitAt = System.nanoTime();
        if (!stopped && asking.compareAndSet(false, true)) {
            place = null;
            askOnce();
        }
    }

    private void askOnce() {
        store.since(place, server)
                .ifNoItem()
                .after(ANSWERED_WITHIN)
                .fail()
                .subscribe()
                .with(this::heard, this::notAnswered);
    }

    private void heard(DeliveryStore.News news) {
        place = news.place();
        news.items().forEach(this::tell);
        askAgain();
    }

    private void notAnswered(Throwable failure) {
        LOG.debugf("What webhooks tell other servers is not known right now: %s", failure.toString());
        askAgain();
    }

    private void askAgain() {
        if (stopped) {
            return;
        }
        if (waiters.isEmpty() && System.nanoTime() - lastWaitAt > ASKED_AFTER_LAST.toNanos()) {
            asking.set(false);
            if (!waiters.isEmpty()) {
                ask();
            }
            return;
        }
        after(ASK_EVERY).subscribe().with(ignored -> askOnce());
    }
}
