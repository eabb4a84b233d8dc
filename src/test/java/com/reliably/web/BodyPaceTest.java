package com.reliably.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.web.BodyPace.State;
import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BodyPaceTest {

    final BodyPace pace = new BodyPace(new Settings(), 0);

    @Test
    void whoKeepsTheLeastRateHasTheWholeTime() {
        for (int second = 1; second <= 60; second++) {
            pace.arrived(1000);
            assertEquals(State.GOOD, at(second), "second " + second);
        }
        pace.arrived(1000);
        at(61);
        assertEquals(State.TOO_SLOW, at(62));
    }

    @Test
    void whoBringsTooLittleIsTooSlowAfterTheGrace() {
        for (int second = 1; second <= 10; second++) {
            pace.arrived(999);
            assertEquals(State.GOOD, at(second), "second " + second);
        }
        assertEquals(State.GOOD, at(11), "at the first look it is a suspicion");
        assertEquals(State.TOO_SLOW, at(12));
    }

    @Test
    void whoBroughtMuchAtFirstAndThenNothingIsTooSlowAsWell() {
        pace.arrived(10_000_000);
        assertEquals(State.GOOD, at(11));
        assertEquals(State.GOOD, at(21));
        at(22);
        assertEquals(State.TOO_SLOW, at(23));
    }

    @Test
    void aProcessThatStoodStillReadsBeforeItJudges() {
        assertEquals(State.GOOD, at(30));
        pace.arrived(20_000);
        assertEquals(State.GOOD, at(31));
        assertEquals(State.GOOD, at(32));
    }

    @Test
    void waitsForMemoryAddUp() {
        for (int i = 0; i < 3; i++) {
            pace.stop(seconds(20 * i));
            assertEquals(State.GOOD, at(20 * i + 9));
            pace.goOn(seconds(20 * i + 10));
            pace.arrived(20_000);
        }
        pace.stop(seconds(60));
        assertEquals(State.WAITED_TOO_LONG, at(61));
    }

    @Test
    void timeInWhichTheServerDoesNotReadDoesNotCountButHasItsOwnEnd() {
        pace.arrived(1000);
        at(1);
        pace.stop(seconds(1));
        assertEquals(State.GOOD, at(31));
        assertEquals(State.WAITED_TOO_LONG, at(32));
        pace.goOn(seconds(33));
        assertEquals(State.GOOD, at(34));
        assertEquals(State.GOOD, at(35));
    }

    private State at(int second) {
        return pace.at(seconds(second));
    }

    private static long seconds(int seconds) {
        return TimeUnit.SECONDS.toNanos(seconds);
    }

    private record Settings() implements BodySettings {

        @Override
        public MemorySize minRate() {
            return new MemorySize(BigInteger.valueOf(1000));
        }

        @Override
        public Duration graceTimeout() {
            return Duration.ofSeconds(10);
        }

        @Override
        public Duration timeout() {
            return Duration.ofSeconds(60);
        }

        @Override
        public Duration memoryTimeout() {
            return Duration.ofSeconds(30);
        }

        @Override
        public Optional<MemorySize> memory() {
            return Optional.empty();
        }
    }
}
