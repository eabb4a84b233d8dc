package com.reliably.runner.github.api;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateLimitsTest {

    private static final String ME = "github.com/me";

    private Instant now = Instant.parse("2026-03-01T12:00:00Z");
    private final RateLimits limits = new RateLimits(new Clock() {

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    });

    private static GitHubAnswer answer(int status, String body, String... headers) {
        Map<String, List<String>> map = new HashMap<>();
        for (int i = 0; i < headers.length; i += 2) {
            map.put(headers[i], List.of(headers[i + 1]));
        }
        return new GitHubAnswer(status, map, body.getBytes(StandardCharsets.UTF_8));
    }

    private Duration limitOf(GitHubAnswer answer) {
        return Duration.between(now, limits.note(ME, answer).orElseThrow().until());
    }

    @ParameterizedTest
    @CsvSource({
        "90, PT1M31S",
        "'Sun, 01 Mar 2026 12:05:00 GMT', PT5M1S",
        // What nobody means.
        "99999999999999999, PT24H1S",
        "9223372036854775807, PT24H1S"
    })
    void itIsQuietForAsLongAsGitHubSays(String retryAfter, Duration expected) {
        assertEquals(expected, limitOf(answer(403, "", "retry-after", retryAfter)));
        assertThrows(GitHubFault.Limited.class, () -> limits.check(ME));
        now = now.plus(expected);
        assertDoesNotThrow(() -> limits.check(ME));
    }

    @Test
    void theResetIsOfGitHubsClock() {
        assertEquals(
                Duration.ofSeconds(601),
                limitOf(answer(
                        403,
                        "",
                        "x-ratelimit-remaining",
                        "0",
                        "x-ratelimit-reset",
                        Long.toString(Instant.parse("2026-03-01T13:10:00Z").getEpochSecond()),
                        "date",
                        "Sun, 01 Mar 2026 13:00:00 GMT")));
    }

    @Test
    void whoIsLimitedAgainAndAgainWaitsTwiceAsLong() {
        GitHubAnswer secondary = answer(403, "{\"message\":\"You have exceeded a secondary rate limit\"}");
        assertEquals(Duration.ofSeconds(61), limitOf(secondary));
        assertEquals(Duration.ofSeconds(121), limitOf(secondary));
        assertEquals(Duration.ofSeconds(241), limitOf(answer(403, "{\"message\":\"the abuse detection mechanism\"}")));
    }

    @Test
    void whatWasUnderWayDoesNotLiftALimit() {
        limitOf(answer(429, ""));
        limits.note(ME, answer(200, "{}"));
        assertThrows(GitHubFault.Limited.class, () -> limits.check(ME));
        now = now.plusSeconds(62);
        limits.note(ME, answer(200, "{}"));
        assertEquals(Duration.ofSeconds(61), limitOf(answer(429, "")));
    }

    @Test
    void aRefusalIsNoLimit() {
        assertTrue(limits.note(ME, answer(403, "{\"message\":\"Resource not accessible\"}"))
                .isEmpty());
        assertDoesNotThrow(() -> limits.check(ME));
    }
}
