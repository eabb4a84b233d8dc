package com.reliably.problem;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A database that refuses to store, as PostgreSQL does where its disk is full; here it is a trigger that refuses. */
@ApiTest
class DatabaseShortageTest {

    @Inject
    Pool database;

    @Test
    void whatCannotBeStoredIsA503AndTheServerIsNotReadyUntilItCanAgain() {
        Tenant tenant = Tenant.create();
        for (String state : List.of("53100", "53200", "53300", "53400")) {
            refuse(state);
            tenant.request()
                    .body(Map.of("name", "d-" + UUID.randomUUID(), "definition", Map.of("type", "noop")))
                    .post("/deployments")
                    .then()
                    .statusCode(503)
                    .contentType(equalTo("application/problem+json"))
                    .header("Retry-After", "2")
                    .body("detail", containsString("nothing of this request was stored"));
            given().get("/q/health/ready").then().statusCode(503).body(containsString("The database"));
        }
        accept();
        await().until(() -> given().get("/q/health/ready").statusCode() == 200);
        tenant.create("/deployments", Map.of("name", "after", "definition", Map.of("type", "noop")));
    }

    /** Which no two requests of this server should be ended for; LockOrderTest sees to that. */
    @Test
    void whatIsGivenUpForAnotherTransactionCanBeSentAgain() {
        Tenant tenant = Tenant.create();
        for (String state : List.of("40P01", "40001")) {
            refuse(state);
            tenant.request()
                    .body(Map.of("name", "d-" + UUID.randomUUID(), "definition", Map.of("type", "noop")))
                    .post("/deployments")
                    .then()
                    .statusCode(503)
                    .header("Retry-After", "2")
                    .body("detail", containsString("Send it again"));
            given().get("/q/health/ready").then().statusCode(200);
        }
    }

    @AfterEach
    void accept() {
        run("drop trigger if exists refuse_all on deployment");
    }

    private void refuse(String state) {
        accept();
        run("create or replace function refuse_all() returns trigger language plpgsql as $$ begin raise exception"
                + " 'could not extend file' using errcode = '" + state + "'; end $$");
        run("create trigger refuse_all before insert on deployment for each row execute function refuse_all()");
    }

    private void run(String statement) {
        database.query(statement).execute().await().indefinitely();
    }
}
