package com.reliably.runner.docker;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DockerChecksTest {

    @Test
    void whatTheServerRefusesWasAnsweredByIt() {
        assertTrue(DockerChecks.isAnswered("\nnot authorized. please verify your token or org\n"));
        assertTrue(DockerChecks.isAnswered("plan not found"));
    }

    /** As the CLI 0.29.0 ends where nothing listens: its own source around the call. */
    @Test
    void theSourceThatTheCliShowsWhenItFailsIsNoAnswer() {
        assertFalse(DockerChecks.isAnswered("""
                │ /opt/cli/reliably_cli/services/plan.py:168 in load_plan                      │
                │ ❱  168 │   │   │   r = client.get(f"/plans/{str(plan_id)}")                  │
                │    170 │   │   │   │   console.print("plan not found")                       │
                ╰──────────────────────────────────────────────────────────────────────────────╯
                ConnectError: [Errno 111] Connection refused
                """));
    }
}
