package com.reliably.experiment;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ApiTest
class ExperimentApiTest {

    static final String MODULE = "chaosreliably.controls.experiment";

    Tenant tenant;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
    }

    @Test
    void anExperimentIsCreatedFromAStringOfJson() {
        tenant.request()
                .body(Map.of("definition", "{\"title\": \"T\", \"description\": \"d\", \"method\": []}"))
                .post("/experiments")
                .then()
                .statusCode(201)
                .body("definition.title", equalTo("T"))
                .body("org_id", equalTo(tenant.id()))
                .body("executions_count", equalTo(0))
                .body("template_id", nullValue());
    }

    @Test
    void theControlIsInWhatRawServesWithTheIdsOfTheExperiment() {
        String id = create("T");
        tenant.request()
                .get("/experiments/" + id + "/raw")
                .then()
                .statusCode(200)
                .header("Content-Type", equalTo("application/json"))
                .body("title", equalTo("T"))
                .body("controls", hasSize(1))
                .body("controls[0].name", equalTo("reliably"))
                .body("controls[0].provider.type", equalTo("python"))
                .body("controls[0].provider.module", equalTo(MODULE))
                .body("controls[0].provider.arguments.exp_id", equalTo(id))
                .body("controls[0].provider.arguments.org_id", equalTo(tenant.id()));
    }

    @Test
    void importingWhatRawServedDoesNotDoubleTheControl() {
        String id = create("T");
        String served = tenant.request().get("/experiments/" + id + "/raw").asString();
        String copy = importDocument(served).statusCode(201).extract().path("id");
        tenant.request()
                .get("/experiments/" + copy + "/raw")
                .then()
                .body("controls", hasSize(1))
                .body("controls[0].provider.arguments.exp_id", equalTo(copy));
    }

    @Test
    void aLargeDocumentIsRefusedAsYamlBecauseReadingItTakesTooLong() {
        String comment = "x".repeat(300_000);
        importDocument("{\"title\": \"T\", \"method\": [], \"description\": \"" + comment + "\"}")
                .statusCode(201);
        importDocument("title: T\nmethod: []\ndescription: " + comment)
                .statusCode(422)
                .body("detail[0].msg", containsString("more than 262144 characters"));
    }

    @Test
    void anUpdateKeepsTheControlAndThoseOfTheUser() {
        String id = create("T");
        tenant.request()
                .body(Map.of("experiment", """
                        {"title": "U", "description": "d", "method": [], "controls": [
                          {"name": "mine", "provider": {"type": "python", "module": "my.control"}},
                          {"name": "reliably", "provider": {"type": "python", "module": "chaosreliably.controls.experiment",
                            "arguments": {"exp_id": "00000000-0000-4000-8000-000000000000"}}}]}"""))
                .put("/experiments/" + id)
                .then()
                .statusCode(200)
                .body("id", equalTo(id))
                .body("definition.title", equalTo("U"));
        tenant.request()
                .get("/experiments/" + id + "/raw")
                .then()
                .body("controls.provider.module", contains("my.control", MODULE))
                .body("controls[1].provider.arguments.exp_id", equalTo(id));
        tenant.request()
                .queryParam("pattern", "u")
                .get("/experiments/search")
                .then()
                .body("count", equalTo(1));
    }

    @Test
    void yamlIsImportedWithItsAliasesAndDatesStayTexts() {
        importDocument("""
                title: From YAML
                description: n/a
                since: 2026-01-31
                limits: &limits {cpu: 0.5, replicas: 3, huge: 12345678901234567890, ready: yes, none: ~}
                method:
                  - type: action
                    name: one
                    provider: {type: process, path: echo, arguments: "hello"}
                    limits: *limits
                  - type: action
                    name: two
                    provider: {type: process, path: echo}
                    limits:
                      <<: *limits
                      cpu: 1
                """)
                .statusCode(201)
                .body("definition.title", equalTo("From YAML"))
                .body("definition.since", equalTo("2026-01-31"))
                .body("definition.method[0].limits.ready", equalTo(true))
                .body("definition.method[0].limits.none", nullValue())
                .body("definition.method[1].limits.cpu", equalTo(1))
                .body("definition.method[1].limits.replicas", equalTo(3))
                .body("definition.controls", hasSize(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"title\": \"t\", /* why */ \"description\": \"d\", \"method\": []}",
                "{title: t, description: d, method: []}",
                "{\"title\": \"t\", \"description\": \"d\", \"method\": [],}",
                "{\"title\": \"t\", \"description\": \"d\", \"method\": []} x",
                "{\"title\": \"t\", \"description\": \"d\", \"method\": []",
                "  [title]",
                "{'title': 't'}",
                "\uFEFF{title: t}",
                "{\"title\": \"t\", \"description\": \"d\", \"method\": [NaN]}",
            })
    void whatBeginsAsJsonIsNeverReadAsYaml(String document) {
        importDocument(document)
                .statusCode(422)
                .body("detail[0].loc", contains("body", "experiment"))
                .body("detail[0].msg", containsString("Invalid JSON"))
                .body("detail[0].msg", containsString("line 1, column"));
    }

    @Test
    void aByteOrderMarkIsNoPartOfAnExperiment() {
        importDocument("\uFEFF{\"title\": \"t\", \"description\": \"d\", \"method\": []}")
                .statusCode(201);
        importDocument("\uFEFFtitle: t\ndescription: d\nmethod: []\n").statusCode(201);
    }

    @Test
    void activitiesMayShareOneProviderByAnAnchor() {
        StringBuilder document =
                new StringBuilder("title: t\ndescription: d\nshared: &p\n  type: process\n  path: echo\nmethod:\n");
        for (int i = 0; i < 200; i++) {
            document.append("- {type: action, name: a").append(i).append(", provider: *p}\n");
        }
        importDocument(document.toString())
                .statusCode(201)
                .body("definition.method", hasSize(200))
                .body("definition.method[199].provider.path", equalTo("echo"));
    }

    @Test
    void theStateOfAnEarlierRunIsNotImported() {
        importDocument("""
                        {"title": "t", "description": "d", "method": [],
                         "extensions": [{"name": "reliably", "pause": {"duration": 5}}, {"name": "mine", "x": 1}]}""").statusCode(201).body("definition.extensions.name", contains("mine"));
        importDocument("""
                        {"title": "t", "description": "d", "method": [], "extensions": [{"name": "reliably"}]}""").statusCode(201).body("definition.extensions", nullValue());
    }

    static Stream<String> hostileDocuments() {
        StringBuilder laughs = new StringBuilder("title: lol\na0: &a0 [lol, lol]\n");
        for (int i = 1; i < 10; i++) {
            laughs.append("a").append(i).append(": &a").append(i).append(" [");
            laughs.append(String.join(", ", java.util.Collections.nCopies(9, "*a" + (i - 1))))
                    .append("]\n");
        }
        String fewAliases = "title: t\na: &a [" + "x, ".repeat(1000) + "x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\n"
                + "c: &c [*b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c]\ne: [*d, *d, *d, *d, *d, *d, *d]\n";
        String longText = "title: t\na: &a " + "x".repeat(10_000) + "\nb: [" + "*a, ".repeat(1000) + "*a]\n";
        return Stream.of(
                laughs.toString(),
                fewAliases,
                longText,
                "title: t\nmethod: &m\n  - *m\n",
                "title: t\nmethod: []\nx: !!java.util.Date 2026-01-01\n",
                "title: t\nx: !!python/object:os.system {}\n",
                "title: t\nx: !!binary aGVsbG8=\n",
                "title: t\n1: one\n",
                "title: t\ntitle: u\n",
                "title: t\n---\ntitle: u\n",
                "title: t\nx: .inf\n",
                "title: t\nx: \"\\0\"\n",
                "title: t\nx: " + "[".repeat(2000) + "]".repeat(2000),
                "x: [unclosed",
                "just words",
                "",
                "- title: t\n",
                "{\"title\": \"t\", \"x\": " + "[".repeat(2000) + "]".repeat(2000) + "}",
                "title: " + "t".repeat(2_000_000));
    }

    @ParameterizedTest
    @MethodSource("hostileDocuments")
    void hostileOrMalformedDocumentsAreRefusedNamingTheMember(String document) {
        importDocument(document).statusCode(422).body("detail.loc", everyItem(hasItems("body", "experiment")));
    }

    @Test
    void anObjectIsNotImported() {
        tenant.request()
                .body(Map.of("experiment", Map.of("title", "T")))
                .post("/experiments/import")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "experiment"));
    }

    static Stream<Map.Entry<String, List<Object>>> faultyDefinitions() {
        return Stream.of(
                Map.entry("{}", List.of("title")),
                Map.entry("{\"title\": null}", List.of("title")),
                Map.entry("{\"title\": \"\"}", List.of("title")),
                Map.entry("{\"title\": \" \"}", List.of("title")),
                Map.entry("{\"title\": 7}", List.of("title")),
                Map.entry("{\"title\": \"" + "é".repeat(3000) + "\"}", List.of("title")),
                Map.entry(
                        "{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"method\": {}}",
                        List.of("method")),
                Map.entry(
                        "{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"method\": [1]}",
                        List.of("method", 0)),
                Map.entry(
                        "{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"controls\": {}}",
                        List.of("controls")),
                Map.entry(
                        "{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"steady-state-hypothesis\": []}",
                        List.of("steady-state-hypothesis")),
                Map.entry(
                        "{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"steady-state-hypothesis\": {\"title\": \"h\", \"probes\": 1}}",
                        List.of("steady-state-hypothesis", "probes")),
                Map.entry(
                        "{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"configuration\": []}",
                        List.of("configuration")),
                Map.entry(
                        "{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"description\": {}}",
                        List.of("description")),
                Map.entry(
                        "{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"tags\": \"a\"}", List.of("tags")),
                Map.entry("{\"title\": \"a\\u0000b\"}", List.of("title")),
                Map.entry(
                        "{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"method\": [{\"name\": \"\\ud800\"}]}",
                        List.of("method", 0, "name")),
                Map.entry("{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"x\": 1e99999}", List.of("x")),
                Map.entry("{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"x\": 1e-99999}", List.of("x")),
                Map.entry("{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"x\": 1e9999999999}", List.of()),
                Map.entry(
                        "{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"x\": " + "1".repeat(5000) + "}",
                        List.of()),
                Map.entry("{\"title\": \"t\", \"description\": \"d\", \"method\": [], \"x\": NaN}", List.of()),
                Map.entry("{\"title\": \"t\"} {}", List.of()),
                Map.entry("[]", List.of()),
                Map.entry("null", List.of()),
                Map.entry("3", List.of()),
                Map.entry("not json", List.of()),
                Map.entry("", List.of()));
    }

    @ParameterizedTest
    @MethodSource("faultyDefinitions")
    void aFaultyDefinitionIsRefusedNamingTheMember(Map.Entry<String, List<Object>> faulty) {
        List<Object> loc = new ArrayList<>(List.of("body", "definition"));
        loc.addAll(faulty.getValue());
        tenant.request()
                .body(Map.of("definition", faulty.getKey()))
                .post("/experiments")
                .then()
                .statusCode(422)
                .body("detail[0].loc", equalTo(loc));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"definition\": {\"title\": \"t\", \"description\": \"d\", \"method\": [], \"x\": 1e99999}}",
                "{\"definition\": {\"title\": \"t\", \"description\": \"d\", \"method\": [], \"x\": 1e9999999999}}",
                "{\"definition\": {\"title\": \"\\u0000\"}}",
                "{\"definition\": [1]}",
                "{\"definition\": 1}",
                "{\"definition\": null}",
                "{\"definition\": {\"title\": \"t\", \"description\": \"d\", \"method\": []}, \"template_id\": \"5f2c1f0e-3c59-4d0f-8a34-5a3f1f6f0a11\"}",
                "{\"definition\": {\"title\": \"t\", \"description\": \"d\", \"method\": []}, \"template_id\": 1}",
                "null",
                "[]"
            })
    void aFaultyBodyIsRefused(String body) {
        tenant.request().body(body).post("/experiments").then().statusCode(422);
    }

    @Test
    void bodiesThatAreNestedTooDeepOrHaveEndlessNumbersAreRefused() {
        String deep = "{\"definition\": " + "[".repeat(5000) + "]".repeat(5000) + "}";
        tenant.request().body(deep).post("/experiments").then().statusCode(422);
        String digits = "{\"definition\": {\"title\": \"t\", \"description\": \"d\", \"method\": [], \"x\": "
                + "1".repeat(5000) + "}}";
        tenant.request().body(digits).post("/experiments").then().statusCode(422);
    }

    @Test
    void numbersAreKeptAsTheyWereWritten() {
        String id = tenant.create(
                        "/experiments",
                        "{\"definition\": \"{\\\"title\\\": \\\"t\\\", \\\"description\\\": \\\"d\\\", \\\"method\\\": [], \\\"x\\\": 0.12345678901234567890123, \\\"y\\\": 1.50}\"}")
                .path("id");
        String served = tenant.request().get("/experiments/" + id + "/raw").asString();
        assertThat(served, containsString("0.12345678901234567890123"));
        assertThat(served, containsString("1.50"));
    }

    @Test
    void listsAreOrderedByTitleAndPaged() {
        create("b");
        create("a");
        create("c");
        create("a");
        tenant.request()
                .get("/experiments?limit=3")
                .then()
                .body("count", equalTo(4))
                .body("items.definition.title", contains("a", "a", "b"));
        tenant.request().get("/experiments?limit=3&page=2").then().body("items.definition.title", contains("c"));
        tenant.request()
                .get("/experiments?page=9")
                .then()
                .body("count", equalTo(4))
                .body("items", hasSize(0));
    }

    @Test
    void searchIgnoresCaseAndTakesWildcardsForThemselves() {
        create("CPU at 100%");
        create("cpu at 100");
        tenant.request()
                .queryParam("pattern", "cpu AT")
                .get("/experiments/search")
                .then()
                .body("count", equalTo(2));
        tenant.request()
                .queryParam("pattern", "100%")
                .get("/experiments/search")
                .then()
                .body("count", equalTo(1));
        tenant.request().get("/experiments/search").then().statusCode(422);
    }

    @Test
    void allIsNotPaged() {
        for (int i = 0; i < 12; i++) {
            create("t" + (char) ('a' + i));
        }
        JsonPath all = tenant.request()
                .get("/experiments/all")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
        assertThat(all.getInt("count"), equalTo(12));
        assertThat(all.getList("items.title"), hasSize(12));
        assertThat(
                all.getMap("items[0]").keySet(),
                equalTo(java.util.Set.of("id", "template_id", "title", "executions_count")));
    }

    @Test
    void aSummaryWithoutExecutionsHasNoScore() {
        create("one");
        create("two");
        tenant.request()
                .get("/experiments/summary")
                .then()
                .statusCode(200)
                .body("count", equalTo(2))
                .body("items[0].title", equalTo("one"))
                .body("items[0].desc", equalTo("n/a"))
                .body("items[0].last_statuses", hasSize(0))
                .body("items[0].last_execution", nullValue())
                .body("items[0].score", nullValue())
                .body("items[0].trend", nullValue())
                .body("items[0].executions_count", equalTo(0));
        tenant.request()
                .queryParam("pattern", "TW")
                .get("/experiments/summary")
                .then()
                .body("items.title", contains("two"));
    }

    @Test
    void aDeletedExperimentIsGone() {
        String id = create("T");
        tenant.request().delete("/experiments/" + id).then().statusCode(200).body(equalTo("null"));
        tenant.request().get("/experiments/" + id).then().statusCode(404);
        tenant.request().get("/experiments/" + id + "/raw").then().statusCode(404);
        tenant.request().get("/experiments/" + id + "/plans").then().statusCode(404);
        tenant.request().delete("/experiments/" + id).then().statusCode(404);
    }

    @Test
    void theExperimentOfAnotherOrganizationIsNotFound() {
        String id = create("T");
        Tenant other = Tenant.create();
        other.request().get("/experiments/" + id).then().statusCode(404);
        other.request().get("/experiments/" + id + "/raw").then().statusCode(404);
        other.request()
                .body(Map.of("experiment", "{\"title\": \"x\", \"description\": \"d\", \"method\": []}"))
                .put("/experiments/" + id)
                .then()
                .statusCode(404);
        other.request().delete("/experiments/" + id).then().statusCode(404);
    }

    @Test
    void anExperimentWithoutPlansHasAnEmptyListOfThem() {
        tenant.request()
                .get("/experiments/" + create("T") + "/plans")
                .then()
                .statusCode(200)
                .body("$", hasSize(0));
        tenant.request()
                .get("/experiments/" + UUID.randomUUID() + "/plans")
                .then()
                .statusCode(404);
    }

    @Test
    void aReaderCannotWrite() {
        String reader = tenant.tokenWith("read");
        tenant.as(reader)
                .body(Map.of("definition", Map.of("title", "T", "description", "n/a", "method", List.of())))
                .post("/experiments")
                .then()
                .statusCode(403);
        tenant.as(reader).get("/experiments").then().statusCode(200);
    }

    private String create(String title) {
        return tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", title, "description", "n/a", "method", List.of())))
                .path("id");
    }

    private ValidatableResponse importDocument(String document) {
        return tenant.request()
                .body(Map.of("experiment", document))
                .post("/experiments/import")
                .then();
    }
}
