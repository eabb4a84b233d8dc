package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.yaml.snakeyaml.Yaml;

/** The runs of workflows: how they begin, wait for each other, go on and end. */
public final class StandInRuns {

    /** Of what is filtered by what started it, so many can be seen, as GitHub says. */
    private static final int MOST_FILTERED = 1000;

    private final StandInWords words;
    private final StandInGit git;
    private final StandInDeliveries deliveries;
    private final StandInJobs jobs;
    private final Clock clock;
    private final Executor threads;
    private final Map<Long, StandInRun> runs = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong(1000);

    /** For how long a run that was made is in no list. */
    public volatile Duration listedAfter = Duration.ZERO;

    /** Shows a run in the list from now on, whatever was said before. */
    public void list(StandInRun run) {
        run.listedAt = Instant.now();
    }

    /** What runs the jobs; by default they go on until they are cancelled. */
    public volatile StandInRunner runner = (run, workflow) -> {};
    /** How many cancellations are refused, because the run cannot be cancelled for the moment. */
    public final AtomicInteger cancelsRefused = new AtomicInteger();
    /** Runs have steps that go on when they are cancelled. */
    public volatile boolean ignoresCancel;

    StandInRuns(
            StandInWords words,
            StandInGit git,
            StandInDeliveries deliveries,
            StandInJobs jobs,
            Clock clock,
            Executor threads) {
        this.words = words;
        this.git = git;
        this.deliveries = deliveries;
        this.jobs = jobs;
        this.clock = clock;
        this.threads = threads;
    }

    /** All that were started, in their order. */
    public List<StandInRun> all() {
        return runs.values().stream()
                .sorted(Comparator.comparingLong(run -> run.id))
                .toList();
    }

    /** As somebody deletes a run. */
    public void delete(StandInRun run) {
        runs.remove(run.id);
    }

    /** Starts a workflow as GitHub's schedule does. */
    public StandInRun fire(String file) {
        return start(file, "schedule", Map.of());
    }

    /** Something else in the repository starts: a workflow of other people's. */
    public StandInRun push() {
        StandInRun run = new StandInRun(
                ids.incrementAndGet(), "Fix it", "build.yaml", "push", Map.of(), "build", now(), Instant.now());
        runs.put(run.id, run);
        return run;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    synchronized StandInRun start(String file, String event, Map<String, String> inputs) {
        Map<String, Object> workflow = workflow(file);
        String title = String.valueOf(workflow.get("run-name"));
        for (Map.Entry<String, String> input : inputs.entrySet()) {
            title = title.replace("${{ inputs." + input.getKey() + " }}", input.getValue());
        }
        long id = ids.incrementAndGet();
        Instant listedAt = Instant.now().plus(listedAfter);
        StandInRun run = new StandInRun(id, title, file, event, inputs, groupOf(workflow, id), now(), listedAt);
        runs.put(run.id, run);
        deliveries.tell("requested", run);
        if (waits(run, workflow)) {
            run.status = "pending";
        } else {
            threads.execute(() -> runner.run(run, workflow));
        }
        return run;
    }

    /** As somebody has it run again, after its end. */
    public synchronized StandInRun rerun(StandInRun ended) {
        StandInRun again = new StandInRun(
                ended.id,
                ended.title,
                ended.file,
                ended.event,
                ended.inputs,
                ended.group,
                ended.createdAt,
                ended.listedAt);
        again.former = ended;
        again.attempt = ended.attempt + 1;
        again.askedAt = now();
        again.updatedAt = again.askedAt;
        runs.put(again.id, again);
        deliveries.tell("requested", again);
        threads.execute(() -> runner.run(again, workflow(again.file)));
        return again;
    }

    /** A workflow as it is read. */
    @SuppressWarnings("unchecked")
    Map<String, Object> workflow(String file) {
        Map<Object, Object> workflow = new Yaml().load(git.files("main").get(StandInWorkflows.DIRECTORY + file));
        Map<String, Object> byName = new TreeMap<>();
        // YAML 1.1 reads the key 'on' as true.
        workflow.forEach((name, value) -> byName.put(Boolean.TRUE.equals(name) ? "on" : String.valueOf(name), value));
        return byName;
    }

    private static String groupOf(Map<String, Object> workflow, long id) {
        String group = workflow.get("concurrency") instanceof Map<?, ?> concurrency
                ? String.valueOf(concurrency.get("group"))
                : "run " + id;
        return group.replace("${{ github.run_id }}", Long.toString(id));
    }

    /**
     * Whether another run of its concurrency group goes on, behind which it waits. GitHub lets one wait, the latest; the one
     * that waited before is cancelled.
     */
    private boolean waits(StandInRun run, Map<String, Object> workflow) {
        List<StandInRun> others =
                goingOn(run.group).stream().filter(other -> other != run).toList();
        if (workflow.get("concurrency") instanceof Map<?, ?> concurrency
                && Boolean.TRUE.equals(concurrency.get("cancel-in-progress"))) {
            others.forEach(other -> end(other, "cancelled"));
            return false;
        }
        others.stream().filter(other -> other.status.equals("pending")).forEach(other -> end(other, "cancelled"));
        return !others.isEmpty();
    }

    private List<StandInRun> goingOn(String group) {
        return all().stream()
                .filter(run -> run.group.equals(group) && !run.hasEnded())
                .toList();
    }

    private void startNext(StandInRun ended) {
        List<StandInRun> others = goingOn(ended.group);
        boolean free = others.stream().allMatch(other -> other.status.equals("pending"));
        others.stream().filter(other -> free).findFirst().ifPresent(next -> {
            next.status = "queued";
            threads.execute(() -> runner.run(next, workflow(next.file)));
        });
    }

    /** A run has a runner, unless it had one. */
    public synchronized void begin(StandInRun run) {
        if (run.status.equals("queued")) {
            run.status = "in_progress";
            run.startedAt = now();
            run.updatedAt = now();
            deliveries.tell("in_progress", run);
        }
    }

    /** A step of a run has ended. */
    public void step(StandInRun run, String name, boolean good) {
        begin(run);
        run.steps.add(Map.of("name", name, "conclusion", good ? "success" : "failure"));
    }

    /** A step of one of a run's further jobs has ended. */
    public void step(StandInRun run, int job, String name, boolean good) {
        begin(run);
        run.moreSteps
                .computeIfAbsent(job, number -> new CopyOnWriteArrayList<>())
                .add(Map.of("name", name, "conclusion", good ? "success" : "failure"));
    }

    /** A run ends, unless it has. */
    public synchronized void end(StandInRun run, String conclusion) {
        if (!run.hasEnded()) {
            run.status = "completed";
            run.conclusion = conclusion;
            run.updatedAt = now();
            deliveries.tell("completed", run);
            startNext(run);
        }
    }

    /**
     * Runs, latest first.
     *
     * @param file of the workflow; null for any
     */
    StandInAnswer page(String file, Map<String, String> query) {
        String event = query.get("event");
        int size = Math.min(100, Integer.parseInt(query.getOrDefault("per_page", "30")));
        int number = Integer.parseInt(query.getOrDefault("page", "1"));
        List<StandInRun> listed = new ArrayList<>(all().stream()
                .filter(run -> run.listedAt.isBefore(Instant.now())
                        && (file == null || run.file.equals(file))
                        && (event == null || run.event.equals(event)))
                .toList());
        Collections.reverse(listed);
        ObjectNode page = words.object();
        page.put("total_count", listed.size());
        ArrayNode items = page.putArray("workflow_runs");
        listed.stream()
                .limit(event == null ? Long.MAX_VALUE : MOST_FILTERED)
                .skip((number - 1L) * size)
                .limit(size)
                .forEach(run -> items.add(words.told(run)));
        return StandInAnswer.of(200, page);
    }

    /** @param request below the runs */
    StandInAnswer answer(StandInRequest request) {
        String[] parts = request.path().split("/");
        StandInRun run = runs.get(Long.parseLong(parts[0]));
        if (run == null) {
            return words.unknown();
        }
        String what = parts.length > 1 ? parts[1] : "";
        if (request.method().equals("POST")) {
            return cancel(run, what.equals("force-cancel"));
        }
        if (!what.equals("attempts")) {
            return StandInAnswer.of(200, what.equals("jobs") ? jobs.of(run, request.query()) : words.told(run));
        }
        StandInRun attempt = run.inAttempt(Integer.parseInt(parts[2]));
        if (attempt == null) {
            return words.unknown();
        }
        return StandInAnswer.of(200, parts.length > 3 ? jobs.of(attempt, request.query()) : words.told(attempt));
    }

    private StandInAnswer cancel(StandInRun run, boolean byForce) {
        if (run.hasEnded()) {
            return words.refusal(409, "Cannot cancel a workflow run that is completed.");
        }
        if (cancelsRefused.getAndUpdate(count -> Math.max(0, count - 1)) > 0) {
            return words.refusal(409, "Cannot cancel a workflow run that has not been queued yet.");
        }
        run.cancelled = true;
        if (byForce || !ignoresCancel) {
            end(run, "cancelled");
        }
        return StandInAnswer.of(202, words.object());
    }

    /** What a job has logged, by GitHub's number of the job. */
    String logOf(long jobId) {
        return StandInJobs.logOf(runs.get(StandInJobs.runOf(jobId)), jobId);
    }
}
