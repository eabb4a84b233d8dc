package com.reliably.runner.github;

import com.reliably.runner.HomeContext;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubApi.Seen;
import com.reliably.runner.github.api.GitHubRun;
import com.reliably.runner.github.api.RepositoryAddress;
import com.reliably.runner.github.webhook.RepositoryNews;
import io.smallrye.mutiny.Uni;
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

    RepositoryRuns(GitHubSettings settings) {
        this.settings = settings;
    }

    /** What is known of one repository, for one set of credentials. Times are those of {@link System#nanoTime}. */
    private static final class Shared {

        private Seen<GitHubRun.Page> seen = Seen.nothing();
        private Uni<GitHubRun.Page> underWay;
        private long underWaySince;
        private long lookedAt;
        private long usedAt;

        /**
         * @param notBefore a look that began earlier does not know what somebody asks for
         * @param freshFor  how long a look is good, where that is all the same
         * @param spacing   between the beginnings of two looks
         */
        private synchronized Uni<GitHubRun.Page> latest(
                GitHubApi api, long notBefore, Duration freshFor, Duration spacing) {
            long now = System.nanoTime();
            usedAt = now;
            if (underWay != null) {
                return underWaySince - notBefore >= 0
                        ? underWay
                        : underWay.onItemOrFailure()
                                .transformToUni((page, failure) -> latest(api, notBefore, freshFor, spacing));
            }
            boolean known = seen.value() != null;
            if (known && lookedAt - notBefore >= 0 && now - lookedAt < freshFor.toNanos()) {
                return Uni.createFrom().item(seen.value());
            }
            long wait = known ? Math.max(0, spacing.toNanos() - (now - lookedAt)) : 0;
            underWaySince = now + wait;
            underWay = look(api, Duration.ofNanos(wait)).memoize().indefinitely();
            return underWay;
        }

        private Uni<GitHubRun.Page> look(GitHubApi api, Duration wait) {
            Uni<Seen<GitHubRun.Page>> look = Uni.createFrom().deferred(() -> api.runs(seen));
            Uni<Seen<GitHubRun.Page>> spaced =
                    wait.isZero() ? look : RepositoryNews.after(wait).chain(() -> look);
            return spaced.onItem()
                    .invoke(this::take)
                    .map(Seen::value)
                    .onTermination()
                    .invoke(this::over);
        }

        private synchronized void take(Seen<GitHubRun.Page> now) {
            seen = now;
            lookedAt = underWaySince;
        }

        private synchronized void over() {
            underWay = null;
        }

        private synchronized boolean isUnused() {
            return System.nanoTime() - usedAt > KEPT.toNanos();
        }
    }

    /**
     * The latest runs, not older than a look's interval.
     *
     * @param notBefore when something happened that they have to show, as {@link System#nanoTime} has it
     */
    Uni<GitHubRun.Page> latest(GitHubApi api, long notBefore) {
        shared.values().removeIf(Shared::isUnused);
        // A little less than the pause between two looks.
        Duration freshFor = settings.pollEvery().multipliedBy(4).dividedBy(5);
        Duration spacing = freshFor.compareTo(RepositoryNews.SPACING) < 0 ? freshFor : RepositoryNews.SPACING;
        Shared one = shared.computeIfAbsent(
                api.caller() + " " + RepositoryAddress.nameOf(api.address()), key -> new Shared());
        return HomeContext.keptBy(one.latest(api, notBefore, freshFor, spacing));
    }
}
