package com.reliably.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.WorkOfReading;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The readers of schedules, with texts that are made to be costly. */
class HostileSchedulesTest {

    private static final int LENGTH = 1_000_000;

    @Test
    void patternsCostNoMoreThanTheirLength() {
        expectLinear(text -> schedule(text, "Etc/UTC"), "%s", "%s * * * *", "0%s * * * *", "* * * * %s", "@%s", " %s ");
    }

    @Test
    void timeZonesCostNoMoreThanTheirLength() {
        expectLinear(text -> schedule("* * * * *", text), "%s", "Europe/%s", "UTC+%s");
    }

    private static void schedule(String pattern, String timezone) {
        try {
            CronSchedule.parse(pattern, timezone);
        } catch (InvalidSchedule refused) {
            // As it should be, mostly.
        }
    }

    private static void expectLinear(Consumer<String> read, String... frames) {
        assertEquals(List.of(), WorkOfReading.faults(LENGTH, List.of(frames), read));
    }
}
