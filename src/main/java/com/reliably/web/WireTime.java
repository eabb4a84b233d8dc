package com.reliably.web;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;

/** Reads times of clients: ISO-8601; one without an offset means UTC, which is what Python's naive times are here. */
public final class WireTime {

    private static final int FIRST_YEAR = 1900;
    private static final int LAST_YEAR = 9999;

    private WireTime() {}

    /** A date and time; empty where it is none, or one that no database and no client understands. */
    public static Optional<Instant> parse(String text) {
        try {
            return inRange(OffsetDateTime.parse(text));
        } catch (DateTimeException noOffset) {
            try {
                return inRange(LocalDateTime.parse(text).atOffset(ZoneOffset.UTC));
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        }
    }

    /** The same, or a date, which means its first moment in UTC. */
    public static Optional<Instant> parseDateOrTime(String text) {
        try {
            return inRange(LocalDate.parse(text).atStartOfDay().atOffset(ZoneOffset.UTC));
        } catch (DateTimeException notADate) {
            return parse(text);
        }
    }

    private static Optional<Instant> inRange(OffsetDateTime time) {
        return time.getYear() < FIRST_YEAR || time.getYear() > LAST_YEAR
                ? Optional.empty()
                : Optional.of(time.toInstant());
    }
}
