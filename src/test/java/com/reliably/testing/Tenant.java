package com.reliably.testing;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * An organisation of its own for a test, and its administrator's token, so that tests do not see each other's things.
 *
 * @param id    the organisation's id
 * @param token its administrator's token
 */
public record Tenant(String id, String token) {

    /** A new organisation. */
    public static Tenant create() {
        return called("org-" + UUID.randomUUID());
    }

    /** A new organisation of this name. */
    public static Tenant called(String name) {
        Response response = given().auth()
                .oauth2(ServerResources.OPERATOR_TOKEN)
                .contentType(ContentType.JSON)
                .body(Map.of("name", name))
                .post("/api/v1/organization");
        response.then().statusCode(201);
        return new Tenant(response.path("id"), response.path("token.token"));
    }

    /** A request as this organisation's administrator, below its path: {@code tenant.request().get("/deployments")}. */
    public RequestSpecification request() {
        return as(token);
    }

    /** A request below this organisation's path with another token; its answer must be as documented. */
    public RequestSpecification as(String otherToken) {
        return given().filter(new AsDocumented())
                .basePath("/api/v1/organization/" + id)
                .auth()
                .oauth2(otherToken)
                .contentType(ContentType.JSON);
    }

    /** The token of a new API token with the given rights: admin, write or read. */
    public String tokenWith(String rights) {
        return request()
                .body(Map.of("name", "t-" + UUID.randomUUID(), "rights", rights))
                .post("/tokens")
                .then()
                .statusCode(201)
                .extract()
                .path("token");
    }

    /** The answer to the creation of a thing, after checking that it was created. */
    public Response create(String path, Object body) {
        Response response = request().body(body).post(path);
        response.then().statusCode(201);
        return response;
    }

    /** The id of a new deployment with this definition and a random name. */
    public String deployment(Map<String, Object> definition) {
        Map<String, Object> body = new HashMap<>();
        body.put("name", "d-" + UUID.randomUUID());
        body.put("definition", definition);
        return create("/deployments", body).path("id");
    }
}
