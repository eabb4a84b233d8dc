package com.reliably.runner.github.standin;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * Stands in for GitHub: an HTTP server with one repository, which keeps files as git does, runs workflows, and is late, limited
 * and in trouble where a test wants that. Every request that it gets and every answer that it gives is held to GitHub's own
 * description; what is not as it says is in {@link #faults()}.
 */
public final class GitHubStandIn implements AutoCloseable {

    public static final String REPOSITORY = "acme/chaos";

    /** What becomes of one request. */
    public enum Trouble {
        NONE,
        /** Nothing is done; 403, as where a right is lacking. */
        FORBIDDEN,
        /** Nothing is done; 502. */
        REFUSED_BEFORE,
        /** It is done; 502. */
        LOST_AFTER,
        /** It is done, and never answered. */
        SILENT_AFTER
    }

    /** A request, for tests that have something happen at it. */
    public record Asked(int number, String method, String path) {}

    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "github-stand-in");
        thread.setDaemon(true);
        return thread;
    });
    private final StandInFront front;

    public final StandInAccess access;
    public final StandInGit git;
    public final StandInEnvironment environment;
    public final StandInDeliveries deliveries;
    public final StandInJobs jobs;
    public final StandInRuns runs;
    public final StandInWorkflows workflows;

    public volatile Function<Asked, Trouble> trouble = request -> Trouble.NONE;
    /** The commit that the branch of the action is at. */
    public volatile String actionCommit = "0123456789abcdef0123456789abcdef01234567";

    private GitHubStandIn(String descriptionFile, Clock clock) {
        boolean cloud = descriptionFile.equals(GitHubDescription.CLOUD);
        GitHubDescription description = GitHubDescription.of(descriptionFile);
        front = new StandInFront(description, cloud ? "" : "/api/v3", faults, threads);
        StandInWords words = new StandInWords(description, front.origin(), front.apiUrl());
        access = new StandInAccess(words, clock);
        git = new StandInGit(words, clock);
        environment = new StandInEnvironment(words, faults);
        deliveries = new StandInDeliveries(words, description, faults, threads);
        jobs = new StandInJobs(words);
        runs = new StandInRuns(words, git, deliveries, jobs, clock, threads);
        workflows = new StandInWorkflows(words, runs, cloud);
        git.watchedBy(workflows);
        front.serve(this, new StandInRoutes(this, words));
    }

    /** As github.com is. */
    public static GitHubStandIn cloud(Clock clock) {
        return new GitHubStandIn(GitHubDescription.CLOUD, clock);
    }

    /** As an Enterprise Server is. */
    public static GitHubStandIn enterpriseServer(Clock clock) {
        return new GitHubStandIn(GitHubDescription.ENTERPRISE_SERVER, clock);
    }

    /** Where its API is. */
    public String apiUrl() {
        return front.apiUrl();
    }

    @Override
    public void close() {
        front.close();
        threads.shutdownNow();
    }

    /** Requests that GitHub would refuse, and answers that it would not give. */
    public List<String> faults() {
        return faults;
    }

    public List<Asked> asked() {
        return front.asked();
    }
}
