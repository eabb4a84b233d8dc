package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Which part of the stand-in answers which requests. */
final class StandInRoutes {

    private static final String BASE = "/repos/" + GitHubStandIn.REPOSITORY;
    private static final String WORKFLOWS = "/actions/workflows/";
    private static final String RUNS = "/actions/runs/";
    private static final String ENVIRONMENTS = "/environments/";

    private final GitHubStandIn parts;
    private final StandInWords words;

    StandInRoutes(GitHubStandIn parts, StandInWords words) {
        this.parts = parts;
        this.words = words;
    }

    StandInAnswer answer(StandInRequest request) {
        String path = request.path();
        if (path.equals("/repos/reliablyhq/actions")) {
            return StandInAnswer.of(200, words.repository());
        }
        if (path.equals("/repos/reliablyhq/actions/commits/main")) {
            return commitOfTheAction();
        }
        if (StandInAccess.makesTokens(path)) {
            return parts.access.newToken();
        }
        if (parts.access.hidden || !path.equals(BASE) && !path.startsWith(BASE + "/")) {
            return words.unknown();
        }
        return ofRepository(request.below(BASE));
    }

    private StandInAnswer commitOfTheAction() {
        ObjectNode commit = words.example("get", "/repos/{owner}/{repo}/commits/{ref}", 200);
        // The example's files lack what the schema demands.
        commit.remove("files");
        return StandInAnswer.of(200, commit.put("sha", parts.actionCommit));
    }

    private StandInAnswer ofRepository(StandInRequest request) {
        String path = request.path();
        if (path.isEmpty()) {
            return StandInAnswer.of(200, words.repository());
        }
        if (path.equals("/installation")) {
            return parts.access.installation();
        }
        if (path.startsWith(ENVIRONMENTS)) {
            return parts.environment.answer(request.below(ENVIRONMENTS));
        }
        return path.startsWith("/actions/") ? ofActions(request) : parts.git.answer(request);
    }

    private StandInAnswer ofActions(StandInRequest request) {
        String path = request.path();
        if (path.startsWith(WORKFLOWS)) {
            return parts.workflows.answer(request.below(WORKFLOWS));
        }
        if (request.key().equals("GET /actions/runs")) {
            return parts.runs.page(null, request.query());
        }
        if (path.startsWith(RUNS)) {
            return parts.runs.answer(request.below(RUNS));
        }
        if (path.matches("/actions/jobs/[0-9]+/logs")) {
            return parts.jobs.placeOfLog(path.split("/")[3]);
        }
        return request.key().equals("GET /actions/permissions") ? parts.workflows.permissions() : words.unknown();
    }
}
