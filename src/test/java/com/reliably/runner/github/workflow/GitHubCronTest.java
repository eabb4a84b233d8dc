package com.reliably.runner.github.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.workflow.WorkflowOrder.CronLine;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GitHubCronTest {

    private static final Instant WINTER = Instant.parse("2026-01-15T12:00:00Z");
    private static final Instant SUMMER = Instant.parse("2026-07-15T12:00:00Z");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*/15 * * * *|*/15 * * * *",
                "@daily|0 0 * * *",
                "0 3 * * 5-7|0 3 * * 0,5,6",
                "0 3 * * mon-fri|0 3 * * 1,2,3,4,5",
                "0 9 * * SAT-SUN|0 9 * * 0,6",
                "0 9 * * FRI-SUN|0 9 * * 0,5,6",
                "0 3 1 jan *|0 3 1 JAN *",
                "0 3 * * 0/7|0 3 * * 0"
            })
    void aPatternIsInTheWordsOfGitHub(String pattern, String expected) {
        assertEquals(
                List.of(new CronLine(expected, "Europe/Paris")),
                GitHubCron.of(pattern, "Europe/Paris").lines(true, WINTER));
    }

    @Test
    void utcNeedsNoZone() {
        assertEquals(
                List.of(new CronLine("0 3 * * *", null)),
                GitHubCron.of("0 3 * * *", "Etc/UTC").lines(true, WINTER));
    }

    @Test
    void moreOftenThanGitHubStartsAnythingIsRefused() {
        assertThrows(
                LaunchFailure.class, () -> GitHubCron.of("* * * * *", "Etc/UTC").lines(true, WINTER));
        assertThrows(LaunchFailure.class, () -> GitHubCron.of("0,3 * * * *", "Etc/UTC")
                .lines(true, WINTER));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 3 * * *|Europe/Paris|0 2 * * *",
                "30 0 * * *|Europe/Paris|30 23 * * *",
                "30 0 * * 1|Europe/Paris|30 23 * * 0",
                "0 9 * * FRI-SUN|Europe/Paris|0 8 * * 0,5,6",
                "0 9 * * MON-SUN/2|Europe/Paris|0 8 * * 0,1,3,5",
                "0 22,23 * * 1-5|America/New_York|0 3,4 * * 2,3,4,5,6",
                "0 0,12 * * 6|Asia/Kolkata|30 18 * * 5;30 6 * * 6",
                "0 * * * *|Europe/Paris|0 * * * *",
            })
    void anOldServerIsToldInUtc(String pattern, String zone, String expected) {
        String lines = GitHubCron.of(pattern, zone).lines(false, WINTER).stream()
                .map(CronLine::cron)
                .collect(Collectors.joining(";"));
        assertEquals(expected, lines);
    }

    @Test
    void theOffsetIsThatOfTheMoment() {
        assertEquals(
                "0 1 * * *",
                GitHubCron.of("0 3 * * *", "Europe/Paris")
                        .lines(false, SUMMER)
                        .get(0)
                        .cron());
        assertTrue(GitHubCron.of("0 3 * * *", "Europe/Paris").isInexactInUtc());
    }

    @Test
    void whatCannotBeSaidInUtcIsRefused() {
        assertThrows(LaunchFailure.class, () -> GitHubCron.of("0 0 1 * *", "Europe/Paris")
                .lines(false, WINTER));
    }

    @Test
    void aRunBelongsToTheLatestFireBeforeIt() {
        GitHubCron cron = GitHubCron.of("0 3 * * *", "Etc/UTC");
        assertEquals(Instant.parse("2026-01-15T03:00:00Z"), cron.nominalTimeOf(Instant.parse("2026-01-15T03:07:12Z")));
        GitHubCron yearly = GitHubCron.of("0 3 29 2 *", "Etc/UTC");
        assertEquals(
                Instant.parse("2024-02-29T03:00:00Z"), yearly.nominalTimeOf(Instant.parse("2026-01-15T03:07:12Z")));
    }
}
