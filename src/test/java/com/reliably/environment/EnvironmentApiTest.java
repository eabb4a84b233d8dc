package com.reliably.environment;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.reliably.access.Caller;
import com.reliably.access.Right;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.agroal.api.AgroalDataSource;
import io.quarkus.vertx.VertxContextSupport;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@ApiTest
class EnvironmentApiTest {

    static final String MASK = "**********";

    @Inject
    EnvironmentService service;

    @Inject
    AgroalDataSource database;

    Tenant tenant;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
    }

    @Test
    void secretsAreMaskedAndMembersThatDoNotApplyAreLeftOut() {
        String id = tenant.create(
                        "/environments",
                        environment(
                                List.of(variable("TARGET_URL", "http://shop")),
                                List.of(
                                        secret("s1", "MY_SECRET", "s3cr3t"),
                                        file("s2", "filecontent", "/etc/mysecret/file"))))
                .path("id");
        tenant.request()
                .get("/environments/" + id)
                .then()
                .statusCode(200)
                .body("envvars", contains(variable("TARGET_URL", "http://shop")))
                .body("secrets", contains(secret("s1", "MY_SECRET", MASK), file("s2", MASK, "/etc/mysecret/file")))
                .body("used_for", equalTo("plan"))
                .body("org_id", equalTo(tenant.id()));
    }

    @Test
    void theClearViewHasEverythingAndIsForAdministratorsOnly() {
        String id = create(List.of(), List.of(secret("s1", "A", "one"), file("s2", "two", "/etc/two")));
        tenant.request()
                .get("/environments/" + id + "/clear")
                .then()
                .statusCode(200)
                .header("Cache-Control", equalTo("no-store"))
                .body("secrets", contains(secret("s1", "A", "one"), file("s2", "two", "/etc/two")))
                .body("name", equalTo("staging"))
                .body("org_id", equalTo(tenant.id()))
                .body("created_date", not(nullValue()));
        tenant.as(tenant.tokenWith("write"))
                .get("/environments/" + id + "/clear")
                .then()
                .statusCode(403);
    }

    @Test
    void aClearViewIsAudited() throws SQLException {
        String id = create(List.of(), List.of());
        tenant.request().get("/environments/" + id + "/clear").then().statusCode(200);
        assertEquals(
                "1",
                queryOne(
                        "select count(*)::text from audit_event where action = 'environment.clear'"
                                + " and target_id = ?::uuid",
                        id));
    }

    @Test
    void aRunSeesEverySecretFileInADirectoryOfItsOwn() throws Throwable {
        String id = create(
                List.of(variable("TOKEN_FILE", "/etc/shop/token")),
                List.of(file("t", "token", "/etc/shop/token"), file("k", "key", "/etc/shop/key")));
        Caller run = new Caller(UUID.randomUUID(), "run", UUID.fromString(tenant.id()), Right.RUN, false, null, null);
        EnvironmentView shown = VertxContextSupport.subscribeAndAwait(() -> service.clear(run, UUID.fromString(id)));
        assertEquals(shown.secrets().get(0).path(), shown.envvars().get(0).value());
        assertNotEquals(
                parent(shown.secrets().get(0).path()),
                parent(shown.secrets().get(1).path()));
        assertEquals("token", shown.secrets().get(0).value());
    }

    @Test
    void anAdministratorIsShownFilesThatTheCliCanWrite() {
        String id =
                create(List.of(), List.of(file("t", "token", "/etc/shop/token"), file("k", "key", "/etc/shop/key")));
        tenant.request()
                .get("/environments/" + id + "/clear")
                .then()
                .body("secrets[0].path", equalTo("/etc/shop/token"))
                .body("secrets[1].path", not(equalTo("/etc/shop/key")))
                .body("secrets[1].path", containsString("/key"));
        tenant.request().get("/environments/" + id).then().body("secrets[1].path", equalTo("/etc/shop/key"));
    }

    @Test
    void noSecretIsStoredInClear() throws SQLException {
        String id = create(List.of(), List.of(secret("s1", "A", "very-secret-value")));
        assertEquals(
                "[{\"key\": \"s1\", \"var_name\": \"A\"}]",
                queryOne("select secrets::text from environment where id = ?::uuid", id));
        assertEquals(
                "0",
                queryOne(
                        "select position('very-secret-value'::bytea in sealed)::text from secret"
                                + " where owner_id = ?::uuid",
                        id));
    }

    @Test
    void theFirstSecretCanBeAddedBySet() {
        String id = create(List.of(), List.of());
        set(id, secret("s1", "A", "one")).statusCode(200).body(equalTo("null"));
        set(id, file("s2", "two", "/etc/two")).statusCode(200);
        set(id, variable("B", "three")).statusCode(200);
        clear(id)
                .body("secrets", contains(secret("s1", "A", "one"), file("s2", "two", "/etc/two")))
                .body("envvars", contains(variable("B", "three")));
    }

    @Test
    void setReplacesByNameOrKeyInPlace() {
        String id = create(
                List.of(variable("A", "1"), variable("B", "2")),
                List.of(secret("s1", "S1", "one"), secret("s2", "S2", "two")));
        set(id, variable("A", "11")).statusCode(200);
        set(id, file("s1", "eins", "/etc/one")).statusCode(200);
        clear(id)
                .body("envvars", contains(variable("A", "11"), variable("B", "2")))
                .body("secrets", contains(file("s1", "eins", "/etc/one"), secret("s2", "S2", "two")));
    }

    @Test
    void setWithTheMaskKeepsTheStoredValue() {
        String id = create(List.of(), List.of(secret("s1", "S1", "one")));
        set(id, secret("s1", "RENAMED", MASK)).statusCode(200);
        clear(id).body("secrets", contains(secret("s1", "RENAMED", "one")));
        set(id, secret("s2", "S2", MASK)).statusCode(422).body("detail[0].loc", contains("body", "value"));
    }

    @Test
    void setRefusesWhatIsTakenAlready() {
        String id = create(List.of(variable("A", "1")), List.of(secret("s1", "S1", "one"), file("f", "x", "/etc/x")));
        set(id, variable("S1", "2")).statusCode(422).body("detail[0].loc", contains("body", "var_name"));
        set(id, secret("s2", "A", "2")).statusCode(422).body("detail[0].loc", contains("body", "var_name"));
        set(id, file("s2", "2", "/etc/x")).statusCode(422).body("detail[0].loc", contains("body", "path"));
        set(id, file("s2", "2", "/etc/x/y")).statusCode(422).body("detail[0].msg", containsString("directory"));
    }

    static Stream<Arguments> badEntries() {
        return Stream.of(
                Arguments.of(Map.of(), "var_name"),
                Arguments.of(Map.of("var_name", "A"), "value"),
                Arguments.of(Map.of("value", "A"), "var_name"),
                Arguments.of(Map.of("key", "s", "value", "A"), "var_name"),
                Arguments.of(Map.of("path", "/x", "value", "A"), "key"),
                Arguments.of(Map.of("key", "s", "path", "/x", "var_name", "X", "value", "A"), "path"),
                Arguments.of(Map.of("key", "s", "path", "/x"), "value"));
    }

    @ParameterizedTest
    @MethodSource("badEntries")
    void setNamesTheMemberThatIsWrong(Map<String, String> entry, String member) {
        String id = create(List.of(), List.of());
        set(id, entry).statusCode(422).body("detail.loc", hasItem(List.of("body", member)));
    }

    @Test
    void removeForgetsAVariableOrASecret() throws SQLException {
        String id = create(List.of(variable("A", "1")), List.of(secret("s1", "S1", "one")));
        tenant.request()
                .delete("/environments/" + id + "/remove/A")
                .then()
                .statusCode(200)
                .body(equalTo("null"));
        tenant.request().delete("/environments/" + id + "/remove/s1").then().statusCode(200);
        tenant.request().delete("/environments/" + id + "/remove/s1").then().statusCode(404);
        clear(id).body("envvars", empty()).body("secrets", empty());
        assertEquals("0", queryOne("select count(*)::text from secret where owner_id = ?::uuid", id));
    }

    @Test
    void replacingKeepsWhatIsMaskedAndForgetsWhatIsGone() throws SQLException {
        String id = create(
                List.of(), List.of(secret("s1", "S1", "one"), secret("s2", "S2", "two"), secret("s3", "S3", "3")));
        Map<String, Object> body =
                environment(List.of(variable("B", "b")), List.of(secret("s2", "S2", MASK), secret("s1", "S1", "eins")));
        body.put("name", "production");
        tenant.request()
                .body(body)
                .put("/environments/" + id)
                .then()
                .statusCode(200)
                .body(equalTo("null"));
        clear(id)
                .body("name", equalTo("production"))
                .body("secrets", contains(secret("s2", "S2", "two"), secret("s1", "S1", "eins")))
                .body("envvars", contains(variable("B", "b")));
        assertEquals("2", queryOne("select count(*)::text from secret where owner_id = ?::uuid", id));
    }

    @Test
    void aMaskWithoutAStoredSecretIsRefused() {
        tenant.request()
                .body(environment(List.of(), List.of(secret("s0", "A", "a"), secret("s1", "B", MASK))))
                .post("/environments")
                .then()
                .statusCode(422)
                .body("detail", hasSize(1))
                .body("detail[0].loc", contains("body", "secrets", 1, "value"));
        String id = create(List.of(), List.of());
        tenant.request()
                .body(environment(List.of(), List.of(secret("s1", "B", MASK))))
                .put("/environments/" + id)
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "secrets", 0, "value"));
    }

    @Test
    void aCloneHasItsOwnCopyOfTheSecrets() {
        String id = create(List.of(variable("A", "1")), List.of(secret("s1", "S1", "one")));
        String copy = tenant.create("/environments/" + id + "/clone", Map.of("name", "copy"))
                .path("id");
        tenant.request().delete("/environments/" + id).then().statusCode(200).body(equalTo("null"));
        clear(copy)
                .body("name", equalTo("copy"))
                .body("envvars", contains(variable("A", "1")))
                .body("secrets", contains(secret("s1", "S1", "one")));
    }

    @Test
    void deletingForgetsTheSecrets() throws SQLException {
        String id = create(List.of(), List.of(secret("s1", "S1", "one")));
        tenant.request().delete("/environments/" + id).then().statusCode(200);
        tenant.request().get("/environments/" + id).then().statusCode(404);
        assertEquals("0", queryOne("select count(*)::text from secret where owner_id = ?::uuid", id));
    }

    @Test
    void environmentsMayShareANameAndAreFoundByIt() {
        create(List.of(), List.of());
        create(List.of(), List.of());
        tenant.request()
                .get("/environments?limit=1")
                .then()
                .body("count", is(2))
                .body("items", hasSize(1));
        tenant.request().get("/environments/search?pattern=TAGI").then().body("count", is(2));
        tenant.request().get("/environments/search?pattern=%25").then().body("count", is(0));
        tenant.request()
                .get("/environments/simple")
                .then()
                .statusCode(200)
                .body("name", contains("staging", "staging"))
                .body("[0].keySet()", equalTo(java.util.Set.of("id", "name")));
    }

    @Test
    void plansAreABareList() {
        String id = create(List.of(), List.of());
        tenant.request()
                .get("/environments/" + id + "/plans")
                .then()
                .statusCode(200)
                .body("$", empty());
        tenant.request()
                .get("/environments/" + UUID.randomUUID() + "/plans")
                .then()
                .statusCode(404);
    }

    static Stream<Arguments> badEnvironments() {
        String long200 = "x".repeat(201);
        return Stream.of(
                Arguments.of(Map.of("name", " "), List.of("body", "name"), "blank"),
                Arguments.of(Map.of("name", ""), List.of("body", "name"), "1 to 200"),
                Arguments.of(Map.of("used_for", "war"), List.of("body", "used_for"), "'plan'"),
                Arguments.of(vars(variable("1A", "x")), List.of("body", "envvars", 0, "var_name"), "digit"),
                Arguments.of(
                        vars(variable("A", "x"), variable("A-B", "x")),
                        List.of("body", "envvars", 1, "var_name"),
                        "digit"),
                Arguments.of(
                        vars(variable("A", "x"), variable("A", "y")),
                        List.of("body", "envvars", 1, "var_name"),
                        "twice"),
                Arguments.of(vars(Map.of("var_name", "A")), List.of("body", "envvars", 0, "value"), "required"),
                Arguments.of(
                        vars(variable("A", "x".repeat(131_072))),
                        List.of("body", "envvars", 0, "value"),
                        "secret file"),
                Arguments.of(secrets(secret("", "A", "x")), List.of("body", "secrets", 0, "key"), "characters"),
                Arguments.of(secrets(secret(long200, "A", "x")), List.of("body", "secrets", 0, "key"), "characters"),
                Arguments.of(
                        secrets(secret("k", "A", "x"), secret("k", "B", "y")),
                        List.of("body", "secrets", 1, "key"),
                        "twice"),
                Arguments.of(
                        secrets(secret("k", "A", "x"), secret("l", "A", "y")),
                        List.of("body", "secrets", 1, "var_name"),
                        "twice"),
                Arguments.of(secrets(secret("k", "A B", "x")), List.of("body", "secrets", 0, "var_name"), "digit"),
                Arguments.of(
                        secrets(Map.of("key", "k", "value", "v")),
                        List.of("body", "secrets", 0, "var_name"),
                        "required"),
                Arguments.of(secrets(file("k", "x", "etc/x")), List.of("body", "secrets", 0, "path"), "absolute"),
                Arguments.of(
                        secrets(file("k", "x", "/etc/x"), file("l", "x", "/etc/../x")),
                        List.of("body", "secrets", 1, "path"),
                        "'..'"),
                Arguments.of(secrets(file("k", "x", "/etc//x")), List.of("body", "secrets", 0, "path"), "'//'"),
                Arguments.of(secrets(file("k", "x", "/etc/x/")), List.of("body", "secrets", 0, "path"), "directory"),
                Arguments.of(secrets(file("k", "x", "/etc/\n")), List.of("body", "secrets", 0, "path"), "control"),
                Arguments.of(
                        secrets(file("k", "x", "/etc/x"), file("l", "x", "/etc/x")),
                        List.of("body", "secrets", 1, "path"),
                        "same file"),
                Arguments.of(
                        secrets(file("k", "x", "/etc/x/y"), file("l", "x", "/etc/x")),
                        List.of("body", "secrets", 1, "path"),
                        "directory"),
                Arguments.of(
                        secrets(file("k", "x".repeat(1_048_577), "/etc/x")),
                        List.of("body", "secrets", 0, "value"),
                        "at most"));
    }

    @ParameterizedTest
    @MethodSource("badEnvironments")
    void whatIsWrongIsNamed(Map<String, Object> bad, List<Object> loc, String words) {
        Map<String, Object> body = environment(List.of(), List.of());
        body.putAll(bad);
        tenant.request()
                .body(body)
                .post("/environments")
                .then()
                .statusCode(422)
                .body("detail[0].loc", equalTo(loc))
                .body("detail[0].msg", containsString(words));
    }

    @Test
    void listsOfNothingAndOfTheWrongThingAreRefused() {
        tenant.request()
                .body("{\"name\":\"x\",\"envvars\":[null],\"secrets\":[null]}")
                .post("/environments")
                .then()
                .statusCode(422)
                .body(
                        "detail.loc",
                        hasItems(List.of("body", "envvars", 0, "var_name"), List.of("body", "secrets", 0, "key")));
        tenant.request()
                .body("{\"name\":\"x\"}")
                .post("/environments")
                .then()
                .statusCode(422)
                .body("detail.loc", hasItems(List.of("body", "envvars"), List.of("body", "secrets")))
                .body("detail[0]", hasKey("msg"));
        tenant.request()
                .body("{\"name\":\"x\",\"envvars\":{},\"secrets\":[3]}")
                .post("/environments")
                .then()
                .statusCode(422);
    }

    @Test
    void anotherOrganizationSeesNothing() {
        String id = create(List.of(), List.of(secret("s1", "S1", "one")));
        Tenant other = Tenant.create();
        other.request().get("/environments/" + id).then().statusCode(404);
        other.request().get("/environments/" + id + "/clear").then().statusCode(404);
        other.request()
                .body(secret("s1", "S1", "x"))
                .put("/environments/" + id + "/set")
                .then()
                .statusCode(404);
        other.request().delete("/environments/" + id + "/remove/s1").then().statusCode(404);
        other.request()
                .body(Map.of("name", "x"))
                .post("/environments/" + id + "/clone")
                .then()
                .statusCode(404);
        other.request()
                .body(environment(List.of(), List.of()))
                .put("/environments/" + id)
                .then()
                .statusCode(404);
        other.request().delete("/environments/" + id).then().statusCode(404);
        clear(id).body("secrets[0].value", equalTo("one"));
    }

    private String create(List<Map<String, String>> variables, List<Map<String, String>> secrets) {
        return tenant.create("/environments", environment(variables, secrets)).path("id");
    }

    private io.restassured.response.ValidatableResponse set(String id, Map<String, String> entry) {
        return tenant.request().body(entry).put("/environments/" + id + "/set").then();
    }

    private io.restassured.response.ValidatableResponse clear(String id) {
        return tenant.request().get("/environments/" + id + "/clear").then().statusCode(200);
    }

    private String queryOne(String sql, String parameter) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, parameter);
            try (ResultSet rows = query.executeQuery()) {
                rows.next();
                return rows.getString(1);
            }
        }
    }

    private static String parent(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }

    static Map<String, Object> environment(List<Map<String, String>> variables, List<Map<String, String>> secrets) {
        Map<String, Object> body = new HashMap<>();
        body.put("name", "staging");
        body.put("envvars", variables);
        body.put("secrets", secrets);
        return body;
    }

    @SafeVarargs
    private static Map<String, Object> vars(Map<String, String>... variables) {
        return Map.of("envvars", List.of(variables));
    }

    @SafeVarargs
    private static Map<String, Object> secrets(Map<String, String>... secrets) {
        return Map.of("secrets", List.of(secrets));
    }

    static Map<String, String> variable(String name, String value) {
        return Map.of("var_name", name, "value", value);
    }

    static Map<String, String> secret(String key, String name, String value) {
        return Map.of("key", key, "var_name", name, "value", value);
    }

    static Map<String, String> file(String key, String value, String path) {
        return Map.of("key", key, "value", value, "path", path);
    }
}
