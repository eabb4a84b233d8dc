package com.reliably.trace;

import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;

/** The traces of one server, kept in memory. */
public final class TracesInMemory {

    private TracesInMemory() {}

    /** Traces that the exporter gets as soon as each span ends. */
    public static RunTraces on(InMemorySpanExporter exporter) {
        return traces(exporter, false);
    }

    /** Traces that were not switched on. */
    public static RunTraces off(InMemorySpanExporter exporter) {
        return traces(exporter, true);
    }

    private static RunTraces traces(InMemorySpanExporter exporter, boolean disabled) {
        RunSpanIds ids = new RunSpanIds();
        SdkTracerProvider provider = SdkTracerProvider.builder()
                .setIdGenerator(ids)
                .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                .build();
        return new RunTraces(
                OpenTelemetrySdk.builder().setTracerProvider(provider).build(), ids, disabled);
    }
}
