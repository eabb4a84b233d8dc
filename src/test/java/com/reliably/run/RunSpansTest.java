package com.reliably.run;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.RunnerEvent;
import com.reliably.trace.TracesInMemory;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What each server writes of a run is one trace, and its id is the run's. */
class RunSpansTest {

    private static final RunnerEvent.Ended WELL = new RunnerEvent.Ended(RunnerEvent.How.EXITED, 0, null);
    private static final Instant DUE = Instant.parse("2030-01-01T12:00:00Z");

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final UUID runId = UUID.randomUUID();

    @Test
    void aRunThatIsOverWithItsLaunchIsOneTrace() {
        RunSpans server = new RunSpans(TracesInMemory.on(exporter));
        Following following = taken("a", RunState.LAUNCHING, Following.How.TAKEN_UP, DUE.plusSeconds(2));
        server.followed(following);
        server.ending(following, WELL);
        server.launched(following);
        server.changed(following, RunState.SUCCEEDED, null);
        server.left(following, null);
        assertThat(names(), contains("run.wait", "run.launch", "run.end", "run"));
        assertIsOneTrace();
        SpanData wait = span("run.wait");
        assertEquals(2_000_000_000L, wait.getEndEpochNanos() - wait.getStartEpochNanos());
        assertEquals("succeeded", text(span("run"), "reliably.state"));
        assertEquals("noop", text(span("run.launch"), "reliably.type"));
        assertEquals(runId.toString(), text(span("run.end"), "reliably.run_id"));
    }

    @Test
    void aRunThatTwoServersCarryIsOneTraceToo() {
        RunSpans first = new RunSpans(TracesInMemory.on(exporter));
        Following before = taken("a", RunState.LAUNCHING, Following.How.TAKEN_UP, DUE.plusSeconds(1));
        first.followed(before);
        first.launched(before);
        first.changed(before, RunState.RUNNING, null);
        first.stop(null);
        RunSpans second = new RunSpans(TracesInMemory.on(exporter));
        Following after = taken("b", RunState.RUNNING, Following.How.TAKEN_OVER, DUE.plusSeconds(60));
        second.followed(after);
        second.ending(after, new RunnerEvent.Ended(RunnerEvent.How.VANISHED, null, "It is gone."));
        second.changed(after, RunState.LOST, "It is gone.");
        second.left(after, null);
        assertThat(
                names(),
                contains("run.wait", "run.launch", "run.prepare", "run.observe", "run.observe", "run.end", "run"));
        assertIsOneTrace();
        assertThat(
                exporter.getFinishedSpanItems().stream()
                        .filter(span -> span.getName().equals("run.observe"))
                        .map(span -> text(span, "reliably.owner"))
                        .toList(),
                containsInAnyOrder("a", "b"));
        assertEquals(StatusCode.ERROR, span("run").getStatus().getStatusCode());
        assertEquals("It is gone.", span("run").getStatus().getDescription());
    }

    @Test
    void aLaunchThatIsTriedAgainLeavesTheWholeToTheLastAttempt() {
        RunSpans server = new RunSpans(TracesInMemory.on(exporter));
        Following following = taken("a", RunState.LAUNCHING, Following.How.TAKEN_UP, DUE.plusSeconds(1));
        server.followed(following);
        server.changed(following, RunState.PENDING, "No Python.");
        server.left(following, null);
        assertThat(names(), contains("run.wait", "run.launch"));
        assertEquals("No Python.", span("run.launch").getStatus().getDescription());
    }

    @Test
    void nothingIsWrittenWhereTracesAreOff() {
        var traces = TracesInMemory.off(exporter);
        RunSpans server = new RunSpans(traces);
        Following following = taken("a", RunState.LAUNCHING, Following.How.TAKEN_UP, DUE.plusSeconds(1));
        server.followed(following);
        server.changed(following, RunState.SUCCEEDED, null);
        server.left(following, null);
        assertThat(names(), is(empty()));
        assertTrue(traces.parentOf(runId).isEmpty());
        assertFalse(TracesInMemory.on(exporter).parentOf(runId).isEmpty());
    }

    private void assertIsOneTrace() {
        List<SpanData> spans = exporter.getFinishedSpanItems();
        assertThat(
                spans.stream().map(SpanData::getTraceId).toList(),
                everyItem(is(runId.toString().replace("-", ""))));
        SpanData whole = span("run");
        assertEquals(SpanId.getInvalid(), whole.getParentSpanId());
        assertThat(
                spans.stream()
                        .filter(span -> span != whole)
                        .map(SpanData::getParentSpanId)
                        .toList(),
                everyItem(is(whole.getSpanId())));
        assertEquals(DUE.getEpochSecond() * 1_000_000_000L, whole.getStartEpochNanos());
    }

    private Following taken(String owner, RunState state, Following.How how, Instant at) {
        Run run = new Run();
        run.id = runId;
        run.orgId = UUID.randomUUID();
        run.planId = UUID.randomUUID();
        run.state = state.toString();
        run.trigger = "schedule";
        run.nominalTime = DUE;
        run.createdAt = DUE.plusMillis(300);
        run.owner = owner;
        run.attempt = 1;
        run.deploymentType = "noop";
        return new Following(run, how, new DatabaseTime(at), null);
    }

    private List<String> names() {
        return exporter.getFinishedSpanItems().stream().map(SpanData::getName).toList();
    }

    private SpanData span(String name) {
        return exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static String text(SpanData span, String attribute) {
        return span.getAttributes().get(AttributeKey.stringKey(attribute));
    }
}
