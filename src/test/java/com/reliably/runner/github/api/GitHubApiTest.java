package com.reliably.runner.github.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.outbound.TestOutbound;
import com.reliably.runner.github.standin.GitHubStandIn;
import com.reliably.testing.MovedClock;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GitHubApiTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final MovedClock clock = new MovedClock();
    private final GitHubStandIn gitHub = GitHubStandIn.cloud(clock);
    private final GitHubHttp http = new GitHubHttp(
            ApiParts.settings(gitHub.apiUrl()),
            new RateLimits(clock),
            new ObjectMapper(),
            TestOutbound.vertx(),
            TestOutbound.usual().clients());

    @AfterEach
    void stop() {
        http.stop();
        gitHub.close();
        assertEquals(List.of(), gitHub.faults());
    }

    @Test
    void whetherADispatchMayBeSentIsLookedAtWhenEverythingElseOfItIsDone() {
        GitHubApi api = new GitHubApi(
                http,
                new RepositoryAddress("github.com", "acme", "chaos", URI.create(gitHub.apiUrl())),
                "caller",
                () -> {
                    clock.move(Duration.ofSeconds(11));
                    return "Bearer github-token";
                },
                Optional::empty,
                () -> false);
        SendingWindow window = SendingWindow.open(clock, Duration.ofSeconds(10));
        Throwable failure = assertThrows(
                CompletionException.class,
                () -> api.dispatch("a.yaml", "main", Map.of(), window).await().atMost(SOON));
        assertTrue(failure.getCause() instanceof GitHubFault.Unsent, failure.toString());
        assertEquals(List.of(), gitHub.asked());
    }
}
