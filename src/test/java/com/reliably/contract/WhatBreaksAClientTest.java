package com.reliably.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.reliably.testing.ApiTest;
import com.reliably.testing.OpenApi;
import com.reliably.testing.Tenant;
import com.reliably.testing.Things;
import com.reliably.testing.Wire;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What breaks the unmodified clients, each tried with the real one: a test for each row of the contract's table. */
@ApiTest
class WhatBreaksAClientTest {

    final Wire wire = new Wire();

    Tenant tenant;
    Things things;

    @BeforeEach
    void newThings() {
        tenant = Tenant.create();
        things = new Things(wire, OpenApi.served(wire), tenant);
    }

    @Test
    void contentTypeOfRawIsExactlyApplicationJson() {
        Wire.Answer raw = get("/experiments/" + things.id("exp_id") + "/raw", "application/json, application/x-yaml");
        assertEquals(200, raw.status());
        assertEquals("application/json", raw.header("Content-Type"));
    }

    @Test
    void idsAreUuidVersion4() {
        List<String> ids = new ArrayList<>();
        for (String kind : List.of(
                "dep_id", "env_id", "integration_id", "exp_id", "plan_id", "exec_id", "run_id", "token_id", "org_id")) {
            ids.add(things.id(kind));
        }
        ids.forEach(id -> assertEquals(4, UUID.fromString(id).version(), id));
    }

    @Test
    void definitionIntegrationsOfAPlanIsAList() {
        for (String integrations : List.of(
                "",
                ", \"integrations\": null",
                ", \"integrations\": []",
                ", \"integrations\": [\"" + things.id("integration_id") + "\"]")) {
            JsonNode created = plan(integrations);
            assertTrue(created.at("/definition/integrations").isArray(), created.toString());
            JsonNode read = get("/plans/" + created.path("id").textValue()).json();
            assertTrue(read.at("/definition/integrations").isArray(), read.toString());
        }
    }

    @Test
    void refOfAPlanIsAString() {
        JsonNode created = plan("");
        assertFalse(created.path("ref").asText().isEmpty(), created.toString());
        JsonNode read = get("/plans/" + created.path("id").textValue()).json();
        assertTrue(read.path("ref").isTextual(), read.toString());
        assertEquals(created.path("ref"), read.path("ref"));
    }

    @Test
    void orgIdIsInTheClearEnvironment() {
        JsonNode clear = get("/environments/" + things.id("env_id") + "/clear").json();
        assertEquals(tenant.id(), clear.path("org_id").textValue());
    }

    @Test
    void postExecutionsAnswers201() {
        Wire.Answer created = send(
                "POST", "/experiments/" + things.id("exp_id") + "/executions", """
                {"result": "{}", "plan_id": "%s"}""".formatted(things.id("plan_id")));
        assertEquals(201, created.status());
        assertTrue(created.json().path("result").isObject(), created.toString());
    }

    @Test
    void putResultsAnswers200() {
        Wire.Answer put = send("PUT", execution() + "/results", """
                {"result": "{\\"status\\": \\"completed\\"}", "log": "a line", "plan_id": "%s"}""".formatted(things.id("plan_id")));
        assertEquals(200, put.status());
        assertEquals("null", put.text());
    }

    @Test
    void getPlanWithA4xxStatusCarriesAJsonBody() {
        String plan = "/plans/" + things.id("plan_id");
        for (Wire.Answer refused : List.of(
                get("/plans/" + UUID.randomUUID()),
                get("/plans/not-a-uuid"),
                wire.json("GET", root() + plan, "unknown", null),
                wire.json("GET", root() + plan, Tenant.create().token(), null))) {
            assertTrue(refused.status() >= 400 && refused.status() < 500, refused.toString());
            assertTrue(refused.json().has("detail"), refused.toString());
        }
    }

    @Test
    void getStateAnswers200() {
        List<String> states = List.of(
                "{\"current\": \"running\", \"started_on\": \"2026-11-23T01:10:52.367447+00:00\", \"plan_id\": \"%s\"}",
                "{\"current\": \"pause\", \"duration\": 5}",
                "{\"current\": \"resume\"}",
                "{\"current\": \"terminate\", \"skip_rollbacks\": true}",
                "{\"current\": \"finished\", \"status\": \"interrupted\", \"deviated\": false, \"plan_id\": \"%s\"}");
        String execution = execution();
        assertEquals(200, get(execution + "/state").status());
        for (String state : states) {
            Wire.Answer put = send("PUT", execution + "/state", state.formatted(things.id("plan_id")));
            assertEquals(200, put.status(), put.toString());
            Wire.Answer got = get(execution + "/state");
            assertEquals(200, got.status(), got.toString());
        }
    }

    @Test
    void aPauseStateHasNoUserOrAnObject() {
        String execution = execution();
        send("PUT", execution + "/state", "{\"current\": \"running\"}");
        for (String state : List.of(
                "{\"current\": \"pause\", \"duration\": 5}",
                "{\"current\": \"pause\", \"duration\": 5, \"user\": null}")) {
            assertEquals(200, send("PUT", execution + "/state", state).status());
            JsonNode paused = get(execution + "/state").json();
            assertEquals("pause", paused.path("current").textValue());
            assertTrue(!paused.has("user") || paused.path("user").isObject(), paused.toString());
        }
    }

    private JsonNode plan(String integrations) {
        Wire.Answer created =
                send("POST", "/plans", """
                {"deployment": {"deployment_id": "%s"}, "schedule": {"type": "now"}, "experiments": ["%s"]%s}""".formatted(things.id("dep_id"), things.id("exp_id"), integrations));
        assertEquals(201, created.status(), created.toString());
        return created.json();
    }

    private String execution() {
        return "/experiments/" + things.id("exp_id") + "/executions/" + things.id("exec_id");
    }

    private String root() {
        return "/api/v1/organization/" + tenant.id();
    }

    private Wire.Answer get(String path) {
        return get(path, "*/*");
    }

    private Wire.Answer get(String path, String accept) {
        return wire.send(
                "GET",
                root() + path,
                java.util.Map.of("Authorization", "Bearer " + tenant.token(), "Accept", accept),
                (byte[]) null);
    }

    private Wire.Answer send(String method, String path, String body) {
        return wire.json(method, root() + path, tenant.token(), body);
    }
}
