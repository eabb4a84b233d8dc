package com.reliably.runner.github.api;

import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Until when GitHub wants to hear nothing from whom. It is asked nothing before that: requests during a limit prolong it,
 * and may get an integration banned.
 *
 * @see <a href="https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api">rate limits</a>
 */
@Singleton
final class RateLimits {

    /** A secondary limit that says nothing of its length lasts at least so long; each further one in a row twice as long. */
    private static final Duration UNSAID = Duration.ofMinutes(1);

    private static final int MOST_DOUBLINGS = 6;
    /** The latter on older Enterprise Servers. */
    private static final Pattern TELLS_OF_LIMIT = Pattern.compile("rate limit|abuse detection");
    /** Of seconds since 1970 that a moment can be made of. */
    private static final Duration LATEST_RESET = Duration.ofDays(365L * 1000);
    /** GitHub's own limits are over within hours; what says more is not believed. */
    private static final Duration LONGEST = Duration.ofDays(1);

    private final Clock clock;
    private final Map<String, Limit> limits = new ConcurrentHashMap<>();

    RateLimits(Clock clock) {
        this.clock = clock;
    }

    private record Limit(Instant until, int unsaid) {}

    /** Fails where this caller is to be quiet. */
    void check(String caller) throws GitHubFault.Limited {
        Limit limit = limits.get(caller);
        if (limit != null && clock.instant().isBefore(limit.until())) {
            throw limited(limit.until());
        }
    }

    /** Takes down what an answer says of limits; the fault, where it is one of these. */
    Optional<GitHubFault.Limited> note(String caller, GitHubAnswer answer) {
        boolean refused = answer.status() == 403 || answer.status() == 429;
        if (!refused) {
            if (answer.status() < 400) {
                // A request that was under way when another one met the limit says nothing of its end.
                limits.computeIfPresent(caller, (who, limit) -> clock.instant().isBefore(limit.until()) ? limit : null);
            }
            return Optional.empty();
        }
        Optional<Duration> wait = answer.header("retry-after").flatMap(text -> retryAfter(text, answer));
        if (wait.isEmpty()
                && answer.header("x-ratelimit-remaining").filter("0"::equals).isPresent()) {
            wait = answer.header("x-ratelimit-reset")
                    .flatMap(RateLimits::seconds)
                    .filter(reset -> reset.compareTo(LATEST_RESET) < 0)
                    .map(reset -> untilReset(reset, answer));
        }
        int unsaid = 0;
        if (wait.isEmpty()) {
            if (answer.status() != 429 && !TELLS_OF_LIMIT.matcher(answer.text()).find()) {
                return Optional.empty();
            }
            Limit before = limits.get(caller);
            unsaid = before == null ? 0 : Math.min(before.unsaid() + 1, MOST_DOUBLINGS);
            wait = Optional.of(UNSAID.multipliedBy(1L << unsaid));
        }
        Duration bounded = wait.get().compareTo(LONGEST) < 0 ? wait.get() : LONGEST;
        Instant until = clock.instant().plus(bounded).plusSeconds(1);
        limits.put(caller, new Limit(until, unsaid));
        return Optional.of(limited(until));
    }

    /** Seconds as GitHub gives them, or a date as proxies may (RFC 9110, 10.2.3). */
    private Optional<Duration> retryAfter(String text, GitHubAnswer answer) {
        return seconds(text).or(() -> date(text).map(moment -> until(moment, answer)));
    }

    private Duration untilReset(Duration reset, GitHubAnswer answer) {
        return until(Instant.ofEpochSecond(reset.toSeconds()), answer);
    }

    /** The moment is of GitHub's clock, which may differ from ours. */
    private Duration until(Instant moment, GitHubAnswer answer) {
        Instant now = answer.header("date").flatMap(RateLimits::date).orElseGet(clock::instant);
        Duration wait = Duration.between(now, moment);
        return wait.isNegative() ? Duration.ZERO : wait;
    }

    private static Optional<Duration> seconds(String text) {
        try {
            return Optional.of(Duration.ofSeconds(Long.parseLong(text.strip())));
        } catch (ArithmeticException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Optional<Instant> date(String text) {
        try {
            return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static GitHubFault.Limited limited(Instant until) {
        return new GitHubFault.Limited(
                until,
                "GitHub's rate limit is reached; it goes on at "
                        + until.truncatedTo(java.time.temporal.ChronoUnit.SECONDS) + ".");
    }
}
