package com.reliably.chaos;

import com.reliably.chaos.LaunchRecord.Line;
import com.reliably.schedule.CronSchedule;
import com.reliably.schedule.InvalidSchedule;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Holds what the database says against what the launched processes wrote down. Everything that is wrong is a violation,
 * and names the run or the plan; what is allowed is counted.
 */
final class Verdict {

    private static final Set<String> FINAL = Set.of("succeeded", "failed", "cancelled", "lost", "missed");

    private static final Duration CREATED_WITHIN = Duration.ofMinutes(1);

    private static final Map<String, Set<String>> WAYS = Map.of(
            "", Set.of("pending", "missed"),
            "pending", Set.of("launching", "cancelled", "failed", "missed"),
            "launching", Set.of("running", "pending", "succeeded", "failed", "cancelled", "lost"),
            "running", Set.of("succeeded", "failed", "cancelled", "lost"));

    private final List<Run> runs;
    private final List<Plan> plans;
    private final Map<UUID, List<Step>> histories;
    private final Map<UUID, List<Line>> launches;
    private final Map<UUID, Line> ends;
    private final List<Violation> violations = new ArrayList<>();
    private int due;
    private int besideLost;

    /**
     * Something that must not be.
     *
     * @param runId null where there is no run, which may be what is wrong
     */
    record Violation(UUID runId, String what) {}

    record Plan(UUID id, String pattern, String timezone, String overlap, Instant createdAt, Instant suspendedAt) {

        static Plan of(ResultSet row) throws SQLException {
            return new Plan(
                    row.getObject("id", UUID.class),
                    row.getString("cron_pattern"),
                    row.getString("cron_timezone"),
                    row.getString("overlap"),
                    instant(row, "created_at"),
                    instant(row, "suspended_at"));
        }
    }

    /** A run; its {@code nominalTime} is null where it was asked for. */
    record Run(
            UUID id,
            UUID planId,
            String state,
            Instant nominalTime,
            int attempt,
            int launchFailures,
            Integer exitCode,
            String error,
            String owner) {

        /** Whether its process came to its end by itself. */
        boolean wasCarriedOut() {
            return exitCode != null && exitCode == 0;
        }

        String outcome() {
            return wasCarriedOut() ? "carried out" : state;
        }

        static Run of(ResultSet row) throws SQLException {
            return new Run(
                    row.getObject("id", UUID.class),
                    row.getObject("plan_id", UUID.class),
                    row.getString("state"),
                    instant(row, "nominal_time"),
                    row.getInt("attempt"),
                    row.getInt("launch_failures"),
                    row.getObject("exit_code", Integer.class),
                    row.getString("error"),
                    row.getString("owner"));
        }
    }

    /** A step of a run's history; {@code from} is empty for the first. */
    record Step(UUID runId, String from, String to, Instant at, String cause) {

        static Step of(ResultSet row) throws SQLException {
            String from = row.getString("from_state");
            return new Step(
                    row.getObject("run_id", UUID.class),
                    from == null ? "" : from,
                    row.getString("to_state"),
                    instant(row, "at"),
                    row.getString("cause"));
        }
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private Verdict(List<Plan> plans, List<Run> runs, List<Step> steps, LaunchRecord record) {
        this.plans = plans;
        this.runs = runs;
        this.histories = steps.stream().collect(Collectors.groupingBy(Step::runId));
        this.launches = record.beginsByRun();
        this.ends = record.endByRun();
    }

    /** Judges every plan with a schedule, and every run. */
    static Verdict of(Database database, LaunchRecord record) throws SQLException, InvalidSchedule {
        Verdict verdict = new Verdict(
                database.rows("select * from plan where cron_pattern is not null", Plan::of),
                database.rows("select * from run", Run::of),
                database.rows("select * from run_transition order by run_id, position", Step::of),
                record);
        verdict.everyDueFireHasOneRun();
        verdict.everyRunIsOver();
        verdict.everyRunWasLaunchedAsItSays();
        verdict.nothingWasLaunchedEarly();
        verdict.everyHistoryIsLegal();
        verdict.runsOfAPlanDidNotOverlap();
        return verdict;
    }

    private void everyDueFireHasOneRun() throws InvalidSchedule {
        Map<UUID, List<Run>> byPlan = runs.stream().collect(Collectors.groupingBy(Run::planId));
        for (Plan plan : plans) {
            Set<Instant> fires = fires(plan);
            due += fires.size();
            Set<Instant> seen = new HashSet<>();
            for (Run run : byPlan.getOrDefault(plan.id, List.of())) {
                if (!seen.add(run.nominalTime)) {
                    violate(run, "is the second run for " + run.nominalTime);
                } else if (!fires.contains(run.nominalTime) && !isWhileCreated(plan, run.nominalTime)) {
                    violate(run, "is for " + run.nominalTime + ", when its plan was not due");
                }
            }
            fires.removeAll(seen);
            fires.forEach(fire -> violations.add(
                    new Violation(null, "plan " + plan.id + " (" + plan.pattern + ") has no run for " + fire)));
        }
    }

    /** The first fire is reckoned from when the creation began, and when it is noted down is a moment later. */
    private static boolean isWhileCreated(Plan plan, Instant fire) {
        return !fire.isAfter(plan.createdAt) && fire.isAfter(plan.createdAt.minus(CREATED_WITHIN));
    }

    /** Every time that the plan was due, from its creation to its suspension. */
    private static Set<Instant> fires(Plan plan) throws InvalidSchedule {
        CronSchedule schedule = CronSchedule.parse(plan.pattern, plan.timezone);
        Set<Instant> fires = new HashSet<>();
        Instant fire = schedule.nextFire(plan.createdAt).orElseThrow();
        while (!fire.isAfter(plan.suspendedAt)) {
            fires.add(fire);
            fire = schedule.nextFire(fire).orElseThrow();
        }
        return fires;
    }

    private void everyRunIsOver() {
        runs.stream().filter(run -> !FINAL.contains(run.state)).forEach(run -> violate(run, "never ended"));
    }

    private void everyRunWasLaunchedAsItSays() {
        Set<UUID> known = runs.stream().map(Run::id).collect(Collectors.toSet());
        for (Run run : runs) {
            int times = launches.getOrDefault(run.id, List.of()).size();
            boolean reason = run.error != null && !run.error.isBlank();
            if (times > 1) {
                violate(run, "was launched " + times + " times");
            } else if (run.wasCarriedOut() && times == 0) {
                violate(run, "was carried out without having been launched");
            } else if (run.state.equals("missed") && times == 1) {
                violate(run, "counts as missed, and was launched");
            } else if (!run.state.equals("succeeded") && !reason) {
                violate(run, "does not say why");
            }
        }
        launches.keySet().stream()
                .filter(id -> !known.contains(id))
                .forEach(id ->
                        violations.add(new Violation(id, "run " + id + " was launched, and is not in the database")));
    }

    private void nothingWasLaunchedEarly() {
        for (Run run : runs) {
            for (Line line : launches.getOrDefault(run.id, List.of())) {
                if (run.nominalTime != null && line.at().isBefore(run.nominalTime)) {
                    violate(run, "was launched " + Duration.between(line.at(), run.nominalTime) + " before its time");
                }
            }
        }
    }

    private void everyHistoryIsLegal() {
        for (Run run : runs) {
            String state = "";
            for (Step step : histories.getOrDefault(run.id, List.of())) {
                if (!step.from.equals(state)) {
                    violate(run, "went from " + step.from + " while it was " + state);
                }
                if (!WAYS.getOrDefault(step.from, Set.of()).contains(step.to)) {
                    violate(run, "went from " + step.from + " to " + step.to);
                }
                state = step.to;
            }
            if (!state.equals(run.state)) {
                violate(run, "is " + run.state + ", and its history ends with " + state);
            }
        }
    }

    /** Processes of one plan, one after the other; only beside one that was lost, and so may still be there, is another. */
    private void runsOfAPlanDidNotOverlap() {
        Map<UUID, Run> byId = runs.stream().collect(Collectors.toMap(Run::id, run -> run));
        Set<UUID> forbidding = plans.stream()
                .filter(p -> p.overlap.equals("forbid"))
                .map(Plan::id)
                .collect(Collectors.toSet());
        Map<UUID, List<Line>> byPlan = launches.values().stream()
                .flatMap(List::stream)
                .filter(line -> forbidding.contains(line.planId()))
                .collect(Collectors.groupingBy(Line::planId));
        for (List<Line> lines : byPlan.values()) {
            List<Line> inOrder =
                    lines.stream().sorted(Comparator.comparing(Line::at)).toList();
            for (int i = 1; i < inOrder.size(); i++) {
                Line before = inOrder.get(i - 1);
                Line end = ends.get(before.runId());
                Run run = byId.get(before.runId());
                // One that was killed did not write down when; that it is over is what its state says.
                if (run == null
                        || end == null
                        || !end.at().isAfter(inOrder.get(i).at())) {
                    continue;
                }
                if (run.state.equals("lost")) {
                    besideLost++;
                } else {
                    violate(run, "still ran when " + inOrder.get(i).runId() + " of the same plan was launched");
                }
            }
        }
    }

    private void violate(Run run, String what) {
        violations.add(new Violation(run.id, "run " + run.id + " " + what));
    }

    List<Violation> violations() {
        return violations;
    }

    long carriedOut() {
        return runs.stream().filter(Run::wasCarriedOut).count();
    }

    int due() {
        return due;
    }

    /** All that is known of a run. */
    List<String> story(UUID runId) {
        List<String> story = new ArrayList<>();
        runs.stream().filter(run -> run.id.equals(runId)).forEach(run -> story.add(run.toString()));
        histories.getOrDefault(runId, List.of()).forEach(step -> story.add("  " + step));
        launches.getOrDefault(runId, List.of()).forEach(line -> story.add("  begin " + line));
        if (ends.containsKey(runId)) {
            story.add("  end " + ends.get(runId));
        }
        return story;
    }

    /** The counts, one a line. */
    List<String> counts() {
        List<String> lines = new ArrayList<>();
        lines.add("plans %d, fires due %d".formatted(plans.size(), due));
        Map<String, Long> states =
                runs.stream().collect(Collectors.groupingBy(Run::outcome, TreeMap::new, Collectors.counting()));
        lines.add("runs %d: %s".formatted(runs.size(), states));
        reasons().forEach((reason, count) -> lines.add("  %5d  %s".formatted(count, reason)));
        lines.add("processes launched %d, of which noted their end %d"
                .formatted(launches.values().stream().mapToInt(List::size).sum(), ends.size()));
        lines.add("runs taken over %d times; launches that failed %d; beside a lost run %d"
                .formatted(
                        runs.stream()
                                .mapToInt(run -> Math.max(0, run.attempt - 1 - run.launchFailures))
                                .sum(),
                        runs.stream().mapToInt(Run::launchFailures).sum(),
                        besideLost));
        lines.add("from due to launched: " + delays());
        return lines;
    }

    private Map<String, Integer> reasons() {
        Map<String, Integer> reasons = new TreeMap<>();
        for (Run run : runs) {
            if (!run.wasCarriedOut()) {
                String general = String.valueOf(run.error)
                        .replaceAll("/\\S+", "…")
                        .replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "…")
                        .replaceAll("[0-9]+", "n")
                        .replace('\n', ' ');
                reasons.merge(run.state + ": " + general, 1, Integer::sum);
            }
        }
        return reasons;
    }

    private String delays() {
        Map<UUID, Instant> nominal = new HashMap<>();
        runs.stream().filter(run -> run.nominalTime != null).forEach(run -> nominal.put(run.id, run.nominalTime));
        long[] millis = launches.values().stream()
                .flatMap(List::stream)
                .filter(line -> nominal.containsKey(line.runId()))
                .mapToLong(line ->
                        Duration.between(nominal.get(line.runId()), line.at()).toMillis())
                .sorted()
                .toArray();
        return millis.length == 0
                ? "none"
                : "median %.1f s, p95 %.1f s, longest %.1f s"
                        .formatted(
                                millis[millis.length / 2] / 1000.0,
                                millis[millis.length * 95 / 100] / 1000.0,
                                millis[millis.length - 1] / 1000.0);
    }
}
