package com.reliably.trace;

import io.opentelemetry.sdk.trace.IdGenerator;
import jakarta.inject.Singleton;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Random ids of traces and spans, but for the span that stands for a whole run: its ids are the run's, so that every
 * server that has a part in the run knows them, and so does everybody who knows the run.
 */
@Singleton
final class RunSpanIds implements IdGenerator {

    private final IdGenerator random = IdGenerator.random();
    private final ThreadLocal<UUID> current = new ThreadLocal<>();

    /** The trace of a run: its id, without the hyphens. */
    static String traceOf(UUID runId) {
        return hex(runId.getMostSignificantBits()) + hex(runId.getLeastSignificantBits());
    }

    /** The span of a whole run: the first half of its id, which is never zero, for it has the version of UUIDs in it. */
    static String spanOf(UUID runId) {
        return hex(runId.getMostSignificantBits());
    }

    private static String hex(long bits) {
        return String.format("%016x", bits);
    }

    /** What is started by this is the span of the whole run. */
    <T> T asWholeRun(UUID runId, Supplier<T> start) {
        current.set(runId);
        try {
            return start.get();
        } finally {
            current.remove();
        }
    }

    @Override
    public String generateTraceId() {
        UUID runId = current.get();
        return runId == null ? random.generateTraceId() : traceOf(runId);
    }

    @Override
    public String generateSpanId() {
        UUID runId = current.get();
        return runId == null ? random.generateSpanId() : spanOf(runId);
    }
}
