package com.reliably.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.OpenApi;
import com.reliably.testing.OpenApi.Operation;
import com.reliably.testing.Tenant;
import com.reliably.testing.Things;
import com.reliably.testing.Wire;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Who gets in, on every operation of the served OpenAPI document: an endpoint that is written tomorrow is covered
 * tomorrow.
 */
@ApiTest
class EveryEndpointTest {

    /** Requests that are computed and forgotten: they have a body, but change nothing. */
    private static final Set<String> READING_POSTS = Set.of("previewSchedule");

    /** Those who call them can send none, and prove in another way who they are. */
    private static final Set<String> WITHOUT_TOKEN = Set.of("receiveGitHubDelivery");

    /** A client repeats which plan it runs; an execution knows that since it was created, and does not read it again. */
    private static final Set<String> ECHOES = Set.of("replaceExecutionResults", "replaceExecutionState");

    /** What bodies name. */
    private static final List<String> KINDS =
            List.of("dep_id", "env_id", "exp_id", "integration_id", "plan_id", "exec_id", "run_id", "token_id");

    final Wire wire = new Wire();
    final List<String> wrong = new ArrayList<>();

    OpenApi api;
    Things mine;

    @BeforeEach
    void newThings() {
        api = OpenApi.served(wire);
        mine = new Things(wire, api, Tenant.create());
    }

    @Test
    void itsOwnOrganizationGetsAnAnswer() {
        // The other tests would prove nothing with requests that are refused for another reason.
        for (Operation operation : inOrganization()) {
            // Of its own each: the stop button, for one, changes what all others answer.
            Things fresh = new Things(wire, api, Tenant.create());
            expect(
                    operation,
                    call(operation, fresh, Map.of(), fresh.tenant().token()),
                    // 400: understood, but not in this state, such as the suspension of a plan without a schedule.
                    status -> status == 200 || status == 201 || status == 400);
        }
        nothingIsWrong();
    }

    @Test
    void anotherOrganizationsTokenIsForbidden() {
        String foreign = Tenant.create().token();
        for (Operation operation : inOrganization()) {
            expect(operation, call(operation, mine, Map.of(), foreign), status -> status == 403);
        }
        nothingIsWrong();
    }

    @Test
    void withoutATokenNobodyGetsIn() {
        for (Operation operation : api.operations()) {
            String target = mine.target(operation, Map.of());
            String body = mine.body(operation, false);
            byte[] bytes = body == null ? null : body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            Map<String, String> json = Map.of("Content-Type", "application/json");
            expect(operation, wire.send(operation.method(), target, json, bytes), status -> status == 401);
            for (String garbage : List.of("x", UUID.randomUUID().toString(), "a b", "*")) {
                expect(operation, wire.json(operation.method(), target, garbage, body), status -> status == 401);
            }
        }
        nothingIsWrong();
    }

    @Test
    void whatNeedsNoTokenIsNamedHereAndNoTokenOpensIt() {
        List<Operation> open = api.operations().stream().filter(Operation::open).toList();
        assertEquals(WITHOUT_TOKEN, open.stream().map(Operation::id).collect(Collectors.toSet()));
        for (Operation operation : open) {
            expect(operation, call(operation, mine, Map.of(), mine.tenant().token()), status -> status == 401);
        }
        nothingIsWrong();
    }

    @Test
    void anUnknownOrganizationIsNotFound() {
        for (Operation operation : inOrganization()) {
            Map<String, String> unknown = Map.of("org_id", UUID.randomUUID().toString());
            expect(operation, call(operation, mine, unknown, mine.tenant().token()), status -> status == 404);
        }
        nothingIsWrong();
    }

    @Test
    void unknownIdsAreNotFound() {
        for (Operation operation : inOrganization()) {
            Map<String, String> unknown = new HashMap<>();
            ids(operation)
                    .forEach(parameter ->
                            unknown.put(parameter, UUID.randomUUID().toString()));
            if (!unknown.isEmpty()) {
                expect(operation, call(operation, mine, unknown, mine.tenant().token()), status -> status == 404);
            }
        }
        nothingIsWrong();
    }

    @Test
    void idsOfAnotherOrganizationAreNotFoundAndNothingHappensToWhatTheyName() {
        Things theirs = new Things(wire, api, Tenant.create());
        for (Operation operation : inOrganization()) {
            for (String parameter : ids(operation)) {
                // Everything else is one's own, so that each place where an id is read has to look.
                expect(
                        operation,
                        call(
                                operation,
                                mine,
                                Map.of(parameter, theirs.id(parameter)),
                                mine.tenant().token()),
                        status -> status == 404);
            }
        }
        for (Operation operation : inOrganization()) {
            if (!operation.isMutating()) {
                expect(
                        operation,
                        call(operation, theirs, Map.of(), theirs.tenant().token()),
                        status -> status == 200 || status == 400);
            }
        }
        nothingIsWrong();
    }

    @Test
    void idsOfAnotherOrganizationInABodyAreRefused() {
        Things theirs = new Things(wire, api, Tenant.create());
        int tried = 0;
        for (Operation operation : inOrganization()) {
            for (String kind : KINDS) {
                String body = mine.body(operation, false);
                if (body != null && body.contains(mine.id(kind)) && !ECHOES.contains(operation.id())) {
                    tried++;
                    expect(
                            operation,
                            wire.json(
                                    operation.method(),
                                    mine.target(operation, Map.of()),
                                    mine.tenant().token(),
                                    body.replace(mine.id(kind), theirs.id(kind))),
                            status -> status == 422 || status == 404);
                }
            }
        }
        assertTrue(tried >= 8, "only " + tried + " bodies name something");
        nothingIsWrong();
    }

    @Test
    void idsOfAnotherOrganizationInAQueryFindNothing() {
        Things theirs = new Things(wire, api, Tenant.create());
        for (Operation operation : inOrganization()) {
            for (String parameter : operation.queryParameters()) {
                if (Things.isId(parameter)) {
                    String target = mine.target(operation, Map.of());
                    Wire.Answer answer = wire.json(
                            operation.method(),
                            target + (target.contains("?") ? "&" : "?") + parameter + "=" + theirs.id(parameter),
                            mine.tenant().token(),
                            mine.body(operation, false));
                    expect(operation, answer, status -> status == 404 || status == 422 || status == 200);
                    if (answer.status() == 200 && answer.json().path("count").asInt(-1) != 0) {
                        wrong.add(operation + " finds something of " + parameter + ": " + answer);
                    }
                }
            }
        }
        nothingIsWrong();
    }

    @Test
    void aTokenThatReadsChangesNothing() {
        String reader = mine.tenant().tokenWith("read");
        Map<String, Permit> permits = permits();
        for (Operation operation : inOrganization()) {
            boolean reading = READING_POSTS.contains(operation.id())
                    || !operation.isMutating() && permits.get(operation.id()).value() == Right.READ;
            Wire.Answer answer = call(operation, mine, Map.of(), reader);
            if (reading) {
                // 400: only some plans have fires.
                expect(operation, answer, status -> status == 200 || status == 400);
            } else {
                expect(operation, answer, status -> status == 403);
            }
        }
        nothingIsWrong();
    }

    @Test
    void aTokenThatWritesDoesNotAdminister() {
        String writer = mine.tenant().tokenWith("write");
        Map<String, Permit> permits = permits();
        for (Operation operation : inOrganization()) {
            if (permits.get(operation.id()).value() == Right.ADMIN) {
                expect(operation, call(operation, mine, Map.of(), writer), status -> status == 403);
            }
        }
        nothingIsWrong();
    }

    @Test
    void theTokenOfAPlanDoesOnlyWhatItsClientDoes() {
        String client = clientOf(mine);
        Map<String, Permit> permits = permits();
        Things others = new Things(wire, api, mine.tenant());
        for (Operation operation : inOrganization()) {
            if (!permits.get(operation.id()).run()) {
                expect(operation, call(operation, mine, Map.of(), client), status -> status == 403);
                continue;
            }
            expect(operation, call(operation, mine, Map.of(), client), status -> status == 200 || status == 201);
            for (String parameter : ids(operation)) {
                // What belongs to another plan of the same organisation.
                expect(
                        operation,
                        call(operation, mine, Map.of(parameter, others.id(parameter)), client),
                        status -> status == 403 || status == 404);
            }
        }
        nothingIsWrong();
    }

    private String clientOf(Things things) {
        Wire.Answer token = wire.json(
                "POST",
                "/api/v1/organization/" + things.tenant().id() + "/tokens",
                things.tenant().token(),
                "{\"name\": \"client\", \"plan_id\": \"" + things.id("plan_id") + "\"}");
        assertEquals(201, token.status(), token.toString());
        return token.json().path("token").textValue();
    }

    private List<Operation> inOrganization() {
        List<Operation> found = api.operations().stream()
                .filter(operation -> operation.pathParameters().contains("org_id") && !operation.open())
                .toList();
        assertTrue(found.size() > 40, "only " + found.size() + " operations are described");
        return found;
    }

    private static List<String> ids(Operation operation) {
        return operation.pathParameters().stream()
                .filter(parameter -> Things.isId(parameter) && !parameter.equals("org_id"))
                .toList();
    }

    private Wire.Answer call(Operation operation, Things things, Map<String, String> others, String token) {
        return wire.json(operation.method(), things.target(operation, others), token, things.body(operation, false));
    }

    private void expect(Operation operation, Wire.Answer answer, Predicate<Integer> status) {
        if (!status.test(answer.status())) {
            wrong.add(operation + ": " + answer);
        } else if (answer.status() >= 400 && !answer.mediaType().equals("application/problem+json")) {
            wrong.add(operation + ": no problem document: " + answer);
        }
    }

    private void nothingIsWrong() {
        assertEquals(0, wrong.size(), "\n  " + String.join("\n  ", wrong));
    }

    /** By operationId. */
    private static Map<String, Permit> permits() {
        Map<String, Permit> permits = new HashMap<>();
        for (JavaClass type : new ClassFileImporter().importPaths(Set.of(Path.of("target/classes/com/reliably")))) {
            for (JavaMethod method : type.getMethods()) {
                if (method.isAnnotatedWith(Permit.class)
                        && method.isAnnotatedWith(org.eclipse.microprofile.openapi.annotations.Operation.class)) {
                    String id = method.getAnnotationOfType(org.eclipse.microprofile.openapi.annotations.Operation.class)
                            .operationId();
                    permits.put(id, method.getAnnotationOfType(Permit.class));
                }
            }
        }
        return permits;
    }
}
