package com.reliably.testing;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

@OnEveryJdk
class StandstillsTest {

    /** Says that it is there, and notes its own standstills until it is told to say how long they were. */
    static final class Witness {
        public static void main(String[] arguments) throws IOException {
            Instant begin = Instant.now();
            try (Standstills standstills = Standstills.noted()) {
                System.out.println("ready");
                System.in.read();
                System.out.println(standstills.within(begin, Instant.now()).toMillis());
            }
        }
    }

    @Test
    void aProcessThatStoodStillKnowsForHowLong() throws Exception {
        Process witness = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Witness.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var said = witness.inputReader()) {
            assertEquals("ready", said.readLine());
            signal(witness, "STOP");
            await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
            signal(witness, "CONT");
            witness.getOutputStream().write('\n');
            witness.getOutputStream().flush();
            assertTrue(Long.parseLong(said.readLine()) > 1_500);
        } finally {
            witness.destroyForcibly();
        }
    }

    private static void signal(Process process, String name) {
        Command.of("kill", "-" + name, Long.toString(process.pid())).run().succeeded();
    }

    @Test
    void whatStoodStillWasNotBusy() {
        Instant end = Instant.now();
        BlockedEventLoop found = new BlockedEventLoop(
                "a", Duration.ofSeconds(10), List.of("java.util.HashMap.put(HashMap.java:1)"), end);
        assertTrue(found.isTooLong(Duration.ofSeconds(5)));
        assertEquals(
                false,
                found.without((from, to) -> Duration.between(from, to).minusSeconds(1))
                        .isTooLong(Duration.ofSeconds(5)));
    }
}
