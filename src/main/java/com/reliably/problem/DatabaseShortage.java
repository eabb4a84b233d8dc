package com.reliably.problem;

import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The last that is known of whether the database lacks something that it needs to store what comes: room on its disk, memory,
 * connections. Told by requests that failed for it; readiness asks. Safe for use by several threads.
 */
@Singleton
public final class DatabaseShortage {

    private static final Logger LOG = Logger.getLogger(DatabaseShortage.class);

    /** For so long it counts without being seen again. */
    private static final long COUNTS = TimeUnit.SECONDS.toNanos(5);

    private static final long LOG_INTERVAL = TimeUnit.MINUTES.toNanos(1);

    /** SQLSTATE class 53 (PostgreSQL's manual, appendix A). */
    private static final Map<String, String> REASONS = Map.of(
            "53100", "The database has no room left on its disk",
            "53200", "The database is out of memory",
            "53300", "The database takes no more connections",
            "53400", "The database has reached a limit of its configuration");

    private final Map<String, Long> logged = new ConcurrentHashMap<>();
    private volatile Seen last;

    private record Seen(String reason, long at) {}

    /** A shortage, in words without a full stop; empty where this state of SQL is none. */
    static Optional<String> reasonOf(String sqlState) {
        return sqlState != null && sqlState.startsWith("53")
                ? Optional.of(REASONS.getOrDefault(sqlState, "The database lacks resources"))
                : Optional.empty();
    }

    /** Notes that it was seen now. */
    void note(String reason, String message) {
        last = new Seen(reason, System.nanoTime());
        warn(reason, message);
    }

    /** Writes at most one line a minute for each reason. */
    void warn(String reason, String message) {
        long now = System.nanoTime();
        Long written = logged.get(reason);
        if (written == null || now - written > LOG_INTERVAL) {
            logged.put(reason, now);
            LOG.warnf("%s: %s (said once a minute)", reason, message);
        }
    }

    /** The shortage that was seen and is not known to be over, in words without a full stop. */
    public Optional<String> reason() {
        return Optional.ofNullable(last).map(Seen::reason);
    }

    /** Whether it was seen so lately that there is no use in trying. */
    public boolean isFresh() {
        Seen seen = last;
        return seen != null && System.nanoTime() - seen.at() < COUNTS;
    }

    /** Notes that the database stores again. */
    public void over() {
        Seen seen = last;
        if (seen != null) {
            last = null;
            logged.remove(seen.reason());
            LOG.infof("It is over that: %s", seen.reason());
        }
    }
}
