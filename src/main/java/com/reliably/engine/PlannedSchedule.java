package com.reliably.engine;

import com.reliably.schedule.Overlap;
import java.time.Duration;
import java.util.UUID;

/**
 * What a plan says of its schedule.
 *
 * @param pattern             the five fields of crontab(5); null where the plan has no schedule any more
 * @param timezone            an IANA zone; null with the pattern
 * @param overlap             what becomes of a fire while a run goes on
 * @param catchUpWindow       how late a fire may be run; zero where late fires are not run
 * @param timeout             how long a run may take; null where the operator's setting says
 * @param environmentId       the plan's environment; null where it has none
 * @param providerEnvironment the environment that it names at its deployment's provider; null where none
 */
public record PlannedSchedule(
        String pattern,
        String timezone,
        Overlap overlap,
        Duration catchUpWindow,
        Duration timeout,
        UUID environmentId,
        String providerEnvironment) {}
