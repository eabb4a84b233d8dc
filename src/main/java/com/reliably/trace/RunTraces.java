package com.reliably.trace;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The traces of runs. A run has one trace, whichever servers have a part in it: its id is the run's (32 hexadecimal
 * digits), and what a server does for the run is a child of one span, which the server that sees the end writes.
 */
@Singleton
public final class RunTraces {

    private final Tracer tracer;
    private final RunSpanIds ids;
    private final boolean on;

    RunTraces(
            OpenTelemetry telemetry,
            RunSpanIds ids,
            @ConfigProperty(name = "quarkus.otel.sdk.disabled") boolean disabled) {
        this.tracer = telemetry.getTracer("com.reliably");
        this.ids = ids;
        this.on = !disabled;
    }

    /** Whether traces are written at all. */
    public boolean areOn() {
        return on;
    }

    /** Begins a part of a run. */
    public Span part(UUID runId, String name, Instant start) {
        return tracer.spanBuilder(name)
                .setParent(Context.root().with(Span.wrap(whole(runId))))
                .setStartTimestamp(start)
                .startSpan();
    }

    /** Begins the span of a whole run, which only the server that sees the run's end does, and then ends at once. */
    public Span whole(UUID runId, Instant start) {
        return ids.asWholeRun(runId, () -> tracer.spanBuilder("run")
                .setNoParent()
                .setStartTimestamp(start)
                .startSpan());
    }

    /** By which a run's client can have a part in the trace of the run (W3C Trace Context); empty where there is none. */
    public Optional<String> parentOf(UUID runId) {
        return on
                ? Optional.of("00-" + RunSpanIds.traceOf(runId) + "-" + RunSpanIds.spanOf(runId) + "-01")
                : Optional.empty();
    }

    /** Every run is traced: there are few of them, and each of them matters. */
    private static SpanContext whole(UUID runId) {
        return SpanContext.createFromRemoteParent(
                RunSpanIds.traceOf(runId), RunSpanIds.spanOf(runId), TraceFlags.getSampled(), TraceState.getDefault());
    }
}
