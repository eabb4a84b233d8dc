package com.reliably.event;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.reliably.testing.ApiDescription;
import com.reliably.testing.ApiTest;
import com.reliably.testing.LiveStream;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens in an organisation, followed live. */
@ApiTest
@OnEveryJdk
class EventStreamTest {

    private static final String EVENTS = "/events";

    @Inject
    DataSource database;

    @Inject
    EventRepository repository;

    @Inject
    MeterRegistry metrics;

    Tenant tenant;
    TestRuns runs;

    @BeforeEach
    void newPlan() {
        tenant = Tenant.create();
        runs = new TestRuns(database, tenant);
    }

    @Test
    void aRunIsToldOfAsItHappens() {
        try (LiveStream stream = LiveStream.open(tenant, EVENTS)) {
            assertEquals(200, stream.status());
            assertThat(stream.head(), containsString("text/event-stream"));
            stream.awaitPlace();
            UUID run = runs.running();
            runs.execute("update run set log_read = 5, lease_until = now() where id = ?", run);
            runs.end(run, "failed", 2, "It broke.");
            LiveStream.Event begun = stream.next();
            assertEquals("run", begun.name());
            assertThat(begun.json().path("what").textValue(), is("running"));
            assertThat(begun.json().path("from").isNull(), is(true));
            assertThat(begun.json().path("subject_id").textValue(), is(run.toString()));
            assertThat(begun.json().path("run_id").textValue(), is(run.toString()));
            assertThat(
                    begun.json().path("plan_id").textValue(), is(runs.planId().toString()));
            JsonNode ended = stream.next().json();
            assertThat(ended.path("what").textValue(), is("failed"));
            assertThat(ended.path("from").textValue(), is("running"));
            assertThat(ended.path("detail").path("exit_code").intValue(), is(2));
            assertThat(ended.path("detail").path("error").textValue(), is("It broke."));
            assertThat(ApiDescription.read().faults(schema("Event"), ended), equalTo(List.of()));
        }
    }

    @Test
    void plansAndExecutionsAreToldOfWhenTheyChangeAndNotOtherwise() {
        String plan = runs.planId().toString();
        try (LiveStream stream = LiveStream.open(tenant, EVENTS + "?kind=plan&kind=execution")) {
            stream.awaitPlace();
            tenant.request().post("/plans/" + plan + "/suspend").then().statusCode(200);
            assertWhat(stream.next(), "plan", "suspended", "created");
            tenant.request().post("/plans/" + plan + "/resume").then().statusCode(200);
            assertWhat(stream.next(), "plan", "created", "suspended");
            String experiment = tenant.request().get("/plans/" + plan).path("definition.experiments[0]");
            String path = "/experiments/" + experiment + "/executions";
            String execution = tenant.create(path, Map.of("result", "{\"status\": \"running\"}", "plan_id", plan))
                    .path("id");
            assertThat(stream.next().json().path("subject_id").textValue(), is(execution));
            for (int i = 0; i < 3; i++) {
                put(path + "/" + execution + "/results", Map.of("result", "{\"n\": " + i + "}", "plan_id", plan));
            }
            put(
                    path + "/" + execution + "/state",
                    Map.of("current", "finished", "status", "completed", "deviated", true, "plan_id", plan));
            LiveStream.Event finished = stream.next();
            assertWhat(finished, "execution", "finished", "created");
            assertThat(finished.json().path("detail").path("deviated").booleanValue(), is(true));
            tenant.request().delete("/plans/" + plan).then().statusCode(200);
            LiveStream.Event deleted = stream.next();
            assertWhat(deleted, "plan", "deleted", "created");
            // What is deleted can still be followed to its end.
            try (LiveStream again = LiveStream.resume(tenant, EVENTS + "?plan_id=" + plan, finished.id())) {
                assertEquals(deleted, again.next());
            }
        }
    }

    @Test
    void whatIsCommittedLateIsNeitherMissedNorOutOfOrder() throws Exception {
        UUID early = UUID.randomUUID();
        UUID late = UUID.randomUUID();
        UUID between = UUID.randomUUID();
        // Runs of one plan are written one after the other.
        TestRuns ofAnotherPlan = new TestRuns(database, tenant);
        try (Connection first = database.getConnection();
                Connection second = database.getConnection();
                LiveStream stream = LiveStream.open(tenant, EVENTS)) {
            stream.awaitPlace();
            first.setAutoCommit(false);
            second.setAutoCommit(false);
            runs.running(first, early);
            ofAnotherPlan.running(second, late);
            second.commit();
            // The event of the second waits for the first, while heartbeats go on.
            String heartbeat = stream.line();
            // Where other transactions have ended meanwhile, it says how far that is.
            assertTrue(heartbeat.equals(":") || heartbeat.startsWith("id: "), heartbeat);
            assertEquals("", stream.line());
            String place = stream.lastEventId();
            runs.running(first, between);
            first.commit();
            List<String> told = List.of(subject(stream.next()), subject(stream.next()), subject(stream.next()));
            assertEquals(List.of(early.toString(), between.toString(), late.toString()), told);
            try (LiveStream again = LiveStream.resume(tenant, EVENTS, place)) {
                assertEquals(told, List.of(subject(again.next()), subject(again.next()), subject(again.next())));
            }
        }
    }

    @Test
    void aClientThatIsCutOffAfterEveryEventGetsEachOnce() {
        String lastEventId;
        try (LiveStream stream = LiveStream.open(tenant, EVENTS)) {
            lastEventId = stream.awaitPlace();
        }
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 450; i++) {
            made.add(runs.running().toString());
        }
        List<String> told = new ArrayList<>();
        for (int cuts = 0; told.size() < made.size(); cuts++) {
            try (LiveStream stream = LiveStream.resume(tenant, EVENTS, lastEventId)) {
                for (int i = 0; i <= cuts * 7 && told.size() < made.size(); i++) {
                    LiveStream.Event event = stream.next();
                    told.add(subject(event));
                    lastEventId = event.id();
                }
            }
        }
        assertEquals(made, told);
    }

    @Test
    void aPlaceThatWasSweptIsAnsweredByAReset() {
        String lastEventId;
        try (LiveStream stream = LiveStream.open(tenant, EVENTS)) {
            lastEventId = stream.awaitPlace();
        }
        Tenant quiet = Tenant.create();
        String quietPlace;
        try (LiveStream stream = LiveStream.open(quiet, EVENTS)) {
            quietPlace = stream.awaitPlace();
        }
        runs.running();
        runs.execute("update event set at = at - interval '2 days' where org_id = ?", UUID.fromString(tenant.id()));
        // Other tests' events are young, and may stand before these.
        runs.execute(
                "delete from event where org_id <> ? and seq < (select max(seq) from event where org_id = ?)",
                UUID.fromString(tenant.id()),
                UUID.fromString(tenant.id()));
        // If the server has not swept them by itself already.
        repository.sweep(Duration.ofDays(1), 1000).await().atMost(Duration.ofSeconds(60));
        UUID kept = runs.running();
        try (LiveStream stream = LiveStream.resume(tenant, EVENTS, lastEventId)) {
            LiveStream.Event reset = stream.next();
            assertEquals("reset", reset.name());
            assertThat(reset.json().path("reason").textValue(), containsString("are gone"));
            assertThat(ApiDescription.read().faults(schema("EventReset"), reset.json()), equalTo(List.of()));
            assertEquals(kept.toString(), subject(stream.next()));
        }
        try (LiveStream stream = LiveStream.resume(tenant, EVENTS, "999999999999999-0")) {
            assertEquals("reset", stream.next().name());
        }
        // Nothing of theirs was swept.
        try (LiveStream stream = LiveStream.resume(quiet, EVENTS, quietPlace)) {
            assertEquals("retry: 2000", stream.line());
            assertEquals("", stream.line());
            assertThat(stream.line(), not(containsString("event: reset")));
        }
    }

    @Test
    void whoHasGoneIsNoticed() {
        await().atMost(Duration.ofSeconds(60)).until(() -> openStreams() == 0);
        try (LiveStream stream = LiveStream.open(tenant, EVENTS)) {
            stream.awaitPlace();
            assertEquals(1, openStreams());
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> openStreams() == 0);
    }

    private double openStreams() {
        return metrics.get("reliably.streams.open").gauge().value();
    }

    @Test
    void nobodySeesWhatHappensElsewhere() {
        Tenant other = Tenant.create();
        try (LiveStream stream = LiveStream.open(other, EVENTS)) {
            stream.awaitPlace();
            runs.running();
            UUID theirs = new TestRuns(database, other).running();
            LiveStream.Event event = stream.next();
            assertEquals("plan", event.name());
            assertEquals(theirs.toString(), subject(stream.next()));
        }
        String path = "/api/v1/organization/" + tenant.id() + EVENTS;
        try (LiveStream stream = LiveStream.open(other.token(), path, null)) {
            assertEquals(403, stream.status());
        }
        other.request()
                .accept("text/event-stream")
                .get(EVENTS + "?plan_id=" + runs.planId())
                .then()
                .statusCode(404);
    }

    @Test
    void whatMakesNoSenseIsRefusedByName() {
        tenant.request()
                .accept("text/event-stream")
                .get(EVENTS + "?kind=run&kind=x")
                .then()
                .statusCode(422)
                .body("detail", hasSize(1))
                .body("detail[0].loc", equalTo(List.of("query", "kind")));
        for (String id : List.of("x", "end", "1", "1-", "-1-1", "9999999999999999999-1")) {
            tenant.request()
                    .accept("text/event-stream")
                    .header("Last-Event-ID", id)
                    .get(EVENTS)
                    .then()
                    .statusCode(400)
                    .body("detail", containsString("Last-Event-ID"));
        }
        tenant.request().accept("application/json").get(EVENTS).then().statusCode(406);
        tenant.request().accept("text/event-stream").head(EVENTS).then().statusCode(200);
    }

    private void put(String path, Object body) {
        tenant.request().body(body).put(path).then().statusCode(200);
    }

    private static void assertWhat(LiveStream.Event event, String kind, String what, String from) {
        assertEquals(kind, event.name());
        assertEquals(what, event.json().path("what").textValue(), event.data());
        assertEquals(from, event.json().path("from").textValue(), event.data());
    }

    private static String subject(LiveStream.Event event) {
        return event.json().path("subject_id").textValue();
    }

    private static JsonNode schema(String name) {
        return ApiDescription.read().json().at("/components/schemas/" + name);
    }
}
