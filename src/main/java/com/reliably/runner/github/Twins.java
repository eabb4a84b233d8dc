package com.reliably.runner.github;

import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.api.GitHubRun;
import com.reliably.runner.github.webhook.RepositoryNews;
import com.reliably.runner.github.webhook.RepositoryNews.Concern;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The last fence: where GitHub was asked for a run more than once, it may have it twice. The eldest is the run, unless a later
 * one was taken for it and has begun; the others are cancelled.
 */
final class Twins {

    private static final Logger LOG = Logger.getLogger(Twins.class);

    private final DispatchStore store;
    private final RepositoryRuns runs;
    private final RepositoryNews news;

    Twins(DispatchStore store, RepositoryRuns runs, RepositoryNews news) {
        this.store = store;
        this.runs = runs;
        this.news = news;
    }

    /** Which of these runs is the order's; empty where none is. */
    static Optional<GitHubRun> eldest(Dispatch order, List<GitHubRun> runs) {
        return runs.stream().filter(one -> isOf(order, one)).min(Comparator.comparingLong(GitHubRun::id));
    }

    private static boolean isOf(Dispatch order, GitHubRun one) {
        return one.displayTitle() != null && one.displayTitle().contains(order.mark() + ")");
    }

    /**
     * Sees to it that there is one.
     *
     * @return false where it is another one from now on than the order says
     */
    Uni<Boolean> settle(GitHubApi api, Dispatch order) {
        if (!order.mayBeTwice()) {
            return Uni.createFrom().item(true);
        }
        return runs.latest(api, news.lastOf(Concern.any(order.orgId(), api.address())))
                .chain(page -> {
                    Optional<GitHubRun> elder = elder(order, page.runs());
                    if (elder.isPresent()) {
                        LOG.warnf(
                                "GitHub has run %s twice; its run %d is the elder",
                                order.runId(), elder.get().id());
                        return store.replaced(
                                        order, elder.get().id(), elder.get().htmlUrl())
                                .replaceWith(false);
                    }
                    return cancelOthers(api, order, page.runs()).replaceWith(true);
                });
    }

    private static Optional<GitHubRun> elder(Dispatch order, List<GitHubRun> latest) {
        boolean hasBegun = latest.stream().anyMatch(one -> one.id() == order.gitHubRun() && one.hasBegun());
        return eldest(order, latest).filter(one -> !hasBegun && one.id() < order.gitHubRun());
    }

    private static Uni<Void> cancelOthers(GitHubApi api, Dispatch order, List<GitHubRun> latest) {
        return Multi.createFrom()
                .iterable(latest)
                .filter(one -> isOf(order, one) && one.id() != order.gitHubRun() && !one.isCompleted())
                .onItem()
                .transformToUniAndConcatenate(one -> {
                    LOG.warnf("GitHub has run %s twice; its run %d is cancelled", order.runId(), one.id());
                    // Seen at the next look again, where it is not.
                    return api.cancel(one.id())
                            .onFailure(GitHubFault.class)
                            .invoke(fault -> LOG.warnf("It is not yet: %s", fault.getMessage()))
                            .onFailure(GitHubFault.class)
                            .recoverWithNull();
                })
                .collect()
                .last()
                .replaceWithVoid();
    }
}
