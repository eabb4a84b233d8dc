package com.reliably.runner.github;

import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubApi.Seen;
import com.reliably.runner.github.api.GitHubJob;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The jobs of an attempt to run a run at GitHub, from look to look. Each page is asked for with the condition that it has
 * changed, and a run that has few jobs has one. A look that fails leaves the one before as it was. Used by one look at a
 * time.
 */
final class RunJobs {

    /**
     * Of a hundred jobs each. A matrix makes 256 at most; a workflow may have more than one, and each that is known is in
     * memory.
     */
    static final int MOST_PAGES = 10;

    private final long id;
    private final int attempt;
    private List<Seen<GitHubJob.Page>> pages = List.of();
    private List<GitHubJob> sorted = List.of();

    /**
     * @param id      GitHub's number of the run
     * @param attempt which attempt to run it
     */
    RunJobs(long id, int attempt) {
        this.id = id;
        this.attempt = attempt;
    }

    /** The jobs as they are now, in their order. */
    Uni<List<GitHubJob>> look(GitHubApi api) {
        return look(api, new ArrayList<>()).invoke(this::take).map(seen -> sorted);
    }

    private Uni<List<Seen<GitHubJob.Page>>> look(GitHubApi api, List<Seen<GitHubJob.Page>> now) {
        int number = now.size() + 1;
        Seen<GitHubJob.Page> before = number <= pages.size() ? pages.get(number - 1) : Seen.nothing();
        return api.jobs(id, attempt, number, before).chain(page -> {
            now.add(page);
            return isLast(page.value(), number) ? Uni.createFrom().item(now) : look(api, now);
        });
    }

    private static boolean isLast(GitHubJob.Page page, int number) {
        return number == MOST_PAGES
                || page.jobs().size() < GitHubApi.JOBS_OF_A_PAGE
                || page.count() <= number * GitHubApi.JOBS_OF_A_PAGE;
    }

    /** Where jobs are added between two pages, one may be on both. */
    private void take(List<Seen<GitHubJob.Page>> now) {
        pages = List.copyOf(now);
        Map<Long, GitHubJob> byId = now.stream()
                .flatMap(page -> page.value().jobs().stream())
                .collect(Collectors.toMap(GitHubJob::id, Function.identity(), (one, later) -> later));
        sorted = byId.values().stream()
                .sorted(Comparator.comparingLong(GitHubJob::id))
                .toList();
    }

    /** The jobs as they were at the last look, in their order; none before that. */
    List<GitHubJob> sorted() {
        return sorted;
    }

    /** How many jobs the run has that are more than are asked for. */
    int unseen() {
        return pages.size() < MOST_PAGES ? 0 : Math.max(0, pages.get(0).value().count() - sorted.size());
    }
}
