package com.reliably.experiment;

import com.reliably.web.JsonFormat;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What is known of an experiment's executions.
 *
 * @param count  how many there are
 * @param latest the ten latest, the latest first
 */
public record ExecutionHistory(long count, List<Entry> latest) {

    /** How many executions tell the score. */
    public static final int DEPTH = 10;

    /** That of an experiment that was never executed. */
    public static final ExecutionHistory NONE = new ExecutionHistory(0, List.of());

    private static final int LAST_STATUSES = 5;

    /**
     * One execution.
     *
     * @param status   as the journal has it; null while it runs
     * @param deviated whether the steady state was lost; null where that is not known
     */
    public record Entry(UUID id, Instant createdAt, String status, Boolean deviated) {

        /** 1 completed without deviation, 0.5 failed, 0 deviated; null where there is no such outcome (yet). */
        Double score() {
            if (Boolean.TRUE.equals(deviated)) {
                return 0.0;
            }
            if ("completed".equals(status)) {
                return 1.0;
            }
            return "failed".equals(status) ? 0.5 : null;
        }
    }

    List<String> lastStatuses() {
        return latest.stream().limit(LAST_STATUSES).map(Entry::status).toList();
    }

    Instant lastExecution() {
        return latest.isEmpty() ? null : latest.get(0).createdAt();
    }

    /** The trend as the wire has it, or null where no execution has an outcome. */
    List<List<Object>> trend() {
        List<List<Object>> trend = new ArrayList<>();
        for (Entry entry : latest) {
            Double score = entry.score();
            if (score != null) {
                trend.add(List.of(entry.id(), JsonFormat.format(entry.createdAt()), score));
            }
        }
        return trend.isEmpty() ? null : trend;
    }

    /** The mean of the trend, or null where there is none. */
    Double score() {
        double sum = 0;
        int outcomes = 0;
        for (Entry entry : latest) {
            Double score = entry.score();
            if (score != null) {
                sum += score;
                outcomes++;
            }
        }
        return outcomes == 0 ? null : sum / outcomes;
    }
}
