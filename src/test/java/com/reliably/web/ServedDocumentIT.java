package com.reliably.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.PythonEnvironment;
import com.reliably.testing.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The document as the packaged server serves it. */
@OnEveryJdk
class ServedDocumentIT {

    private static final Path BUILT = Path.of("target", "openapi", "openapi.json");

    @TempDir
    static Path directory;

    static ServerProcess server;

    @BeforeAll
    static void start() {
        server = ServerProcess.on(directory.resolve("data"))
                .arguments("-Xmx256m")
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void isTheOneThatTheBuildWrote() throws IOException {
        String served = given().queryParam("format", "json")
                .get(server.url() + "/q/openapi")
                .then()
                .statusCode(200)
                .extract()
                .asString();
        ObjectMapper json = new ObjectMapper();
        assertEquals(json.readTree(BUILT.toFile()), json.readTree(served));
    }

    @Test
    void isServedAsYamlWhereNothingElseIsAskedFor() {
        given().get(server.url() + "/q/openapi")
                .then()
                .statusCode(200)
                .header("Content-Type", containsString("yaml"))
                .body(containsString("openapi: 3.1"));
    }

    @Test
    void hasASwaggerUi() {
        given().get(server.url() + "/q/swagger-ui/")
                .then()
                .statusCode(200)
                .header("Content-Type", containsString("text/html"))
                .body("html.body.div.@id", equalTo("swagger-ui"));
    }

    @Test
    void isValidOpenApi() {
        PythonEnvironment.of("openapi", "openapi-spec-validator==0.9.0")
                .command("openapi-spec-validator", "--validation-errors", "all", BUILT.toString())
                .run()
                .succeeded();
    }
}
