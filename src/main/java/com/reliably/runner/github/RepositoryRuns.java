package com.reliably.runner.github;

import com.reliably.runner.github.GitHubApi.Seen;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.operators.multi.processors.BroadcastProcessor;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The latest runs of repositories. Whoever follows something in a repository looks here: however many there are, GitHub gets
 * one request at a time for a repository, at most so often, and a conditional one, which costs nothing where nothing is new.
 */
@Singleton
final class RepositoryRuns {

    private static final Duration KEPT = Duration.ofMinutes(10);

    private final GitHubSettings settings;
    private final Map<String, Shared> shared = new ConcurrentHashMap<>();
    private final BroadcastProcessor<String> news = BroadcastProcessor.create();

    RepositoryRuns(GitHubSettings settings) {
        this.settings = settings;
    }

    /** What is known of one repository, for one set of credentials. */
    private static final class Shared {

        private Seen<GitHubRun.Page> seen = Seen.nothing();
        private Uni<GitHubRun.Page> underWay;
        private long lookedAt;
        private long usedAt;

        private synchronized Uni<GitHubRun.Page> latest(GitHubApi api, Duration freshFor) {
            usedAt = System.nanoTime();
            if (underWay != null) {
                return underWay;
            }
            if (seen.value() != null && System.nanoTime() - lookedAt < freshFor.toNanos()) {
                return Uni.createFrom().item(seen.value());
            }
            underWay = api.runs(seen)
                    .onItem()
                    .invoke(this::take)
                    .map(Seen::value)
                    .onTermination()
                    .invoke(this::over)
                    .memoize()
                    .indefinitely();
            return underWay;
        }

        private synchronized void take(Seen<GitHubRun.Page> now) {
            seen = now;
            lookedAt = System.nanoTime();
        }

        private synchronized void over() {
            underWay = null;
        }

        private synchronized void stale() {
            lookedAt = System.nanoTime() - Duration.ofDays(1).toNanos();
        }

        private synchronized boolean isUnused() {
            return System.nanoTime() - usedAt > KEPT.toNanos();
        }
    }

    /** The latest runs, not older than a look's interval. */
    Uni<GitHubRun.Page> latest(GitHubApi api) {
        shared.values().removeIf(Shared::isUnused);
        return shared.computeIfAbsent(keyOf(api), key -> new Shared())
                // A little less than the pause between two looks.
                .latest(api, settings.pollEvery().multipliedBy(4).dividedBy(5));
    }

    /** Waits so long, or until there is news of the repository. */
    Uni<Void> pause(RepositoryAddress address, Duration longest) {
        String name = nameOf(address.host(), address.fullName());
        return news.filter(name::equals)
                .toUni()
                .replaceWithVoid()
                .ifNoItem()
                .after(longest)
                .recoverWithItem((Void) null);
    }

    /** Something has happened in a repository. */
    void tell(String host, String fullName) {
        String name = nameOf(host, fullName);
        shared.forEach((key, one) -> {
            if (key.endsWith(" " + name)) {
                one.stale();
            }
        });
        news.onNext(name);
    }

    private static String keyOf(GitHubApi api) {
        return api.caller() + " " + nameOf(api.address().host(), api.address().fullName());
    }

    private static String nameOf(String host, String fullName) {
        return (host + "/" + fullName).toLowerCase(java.util.Locale.ROOT);
    }
}
