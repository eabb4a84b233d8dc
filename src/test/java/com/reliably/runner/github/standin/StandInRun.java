package com.reliably.runner.github.standin;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A run of a workflow. */
public final class StandInRun {

    public final long id;
    public final String title;
    /** The workflow's, without its directory. */
    public final String file;

    public final String event;
    public final Map<String, String> inputs;
    public final Instant createdAt;
    /** From when on it is in lists, by the machine's clock. */
    public volatile Instant listedAt;

    public final StringBuffer log = new StringBuffer();
    /** The logs of further jobs; the first one has {@link #log}. */
    public final List<String> moreJobs = new CopyOnWriteArrayList<>();
    /** The numbers of jobs whose condition was not met. */
    public final Set<Integer> skippedJobs = ConcurrentHashMap.newKeySet();

    public volatile String status = "queued";
    public volatile String conclusion;
    public volatile boolean cancelled;

    final String group;
    public final List<Map<String, String>> steps = new CopyOnWriteArrayList<>();
    /** The steps of further jobs, by their numbers from 1. */
    final Map<Integer, List<Map<String, String>>> moreSteps = new ConcurrentHashMap<>();
    /** Null while no runner has taken it. */
    volatile Instant startedAt;

    volatile Instant updatedAt;
    /** When it was to be run, for the first time or again. */
    volatile Instant askedAt;

    /** How often it was run: GitHub runs it again under the same number. */
    volatile int attempt = 1;
    /** The attempt before this one; null for the first. */
    volatile StandInRun former;

    /**
     * @param group of runs that go one after the other
     * @param now   in whole seconds, as GitHub tells times
     */
    StandInRun(
            long id,
            String title,
            String file,
            String event,
            Map<String, String> inputs,
            String group,
            Instant now,
            Instant listedAt) {
        this.id = id;
        this.title = title;
        this.file = file;
        this.event = event;
        this.inputs = inputs;
        this.group = group;
        this.createdAt = now;
        this.updatedAt = now;
        this.askedAt = now;
        this.listedAt = listedAt;
    }

    /** The same in another attempt, this one or one before; null where there is none. */
    StandInRun inAttempt(int number) {
        StandInRun one = this;
        while (one != null && one.attempt != number) {
            one = one.former;
        }
        return one;
    }

    boolean hasEnded() {
        return status.equals("completed");
    }

    String htmlUrl() {
        return "https://github.com/" + GitHubStandIn.REPOSITORY + "/actions/runs/" + id;
    }
}
