package com.reliably.look;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.metric.Looks;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RepeatedLookTest {

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final String TROUBLE = "Things cannot be looked after right now, it is tried again: ";

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Told told = new Told();

    /** The looks that have begun, each of which ends when the test says so. */
    private final List<UniEmitter<? super Void>> begun = new CopyOnWriteArrayList<>();

    private RepeatedLook look = lookWithin(LONG, this::untilTheTestEndsIt);

    @BeforeEach
    void listen() {
        told.logger.addHandler(told);
    }

    @AfterEach
    void listenNoMore() {
        told.logger.removeHandler(told);
    }

    private RepeatedLook lookWithin(Duration longest, Supplier<Uni<Void>> once) {
        return new RepeatedLook(
                "Things",
                Logger.getLogger(RepeatedLookTest.class),
                new Looks(registry).atRuns(),
                longest,
                once,
                this::ask);
    }

    private Uni<Void> untilTheTestEndsIt() {
        return Uni.createFrom().emitter(begun::add);
    }

    private void ask() {
        look.now().subscribe().with(done -> {});
    }

    private void succeed(int which) {
        begun.get(which).complete(null);
    }

    private void fail(int which) {
        begun.get(which).fail(new IllegalStateException("no " + which));
    }

    @Test
    void eachRequestIsALookOfItsOwnWhereNoneIsUnderWay() {
        for (int i = 0; i < 3; i++) {
            ask();
            succeed(i);
        }
        assertEquals(3, begun.size());
    }

    @Test
    void anUnsubscribedRequestIsNone() {
        look.now();
        ask();
        assertEquals(1, begun.size());
    }

    @Test
    void requestsDuringALookCauseExactlyOneMore() {
        ask();
        ask();
        ask();
        ask();
        assertEquals(1, begun.size(), "one at a time");
        succeed(0);
        assertEquals(2, begun.size());
        succeed(1);
        assertEquals(2, begun.size());
    }

    @Test
    void aRequestDuringTheLookThatWasAskedForIsHonouredToo() {
        ask();
        ask();
        succeed(0);
        ask();
        succeed(1);
        assertEquals(3, begun.size());
    }

    @Test
    void aRequestDuringALookDoesNotWaitForIt() {
        ask();
        List<String> answers = new ArrayList<>();
        look.now().subscribe().with(done -> answers.add("done"));
        assertEquals(List.of("done"), answers);
    }

    @Test
    void troubleIsToldOnceAndSoIsRecovery() {
        for (int i = 0; i < 3; i++) {
            ask();
            fail(i);
        }
        for (int i = 3; i < 6; i++) {
            ask();
            succeed(i);
        }
        assertEquals(
                List.of(TROUBLE + "java.lang.IllegalStateException: no 0", "Things are looked after again"), told.all);
        ask();
        fail(6);
        assertEquals(3, told.all.size(), "trouble that is new is told anew");
    }

    @Test
    void aLookThatFailsIsNotOneThatWhoeverAskedSeesFail() {
        List<String> answers = new ArrayList<>();
        look.now().subscribe().with(done -> answers.add("done"), failure -> answers.add(failure.toString()));
        fail(0);
        assertEquals(List.of("done"), answers);
    }

    @Test
    void aRequestDuringALookThatFailsWaitsForTheNextOrdinaryOne() {
        ask();
        ask();
        fail(0);
        assertEquals(1, begun.size());
        ask();
        succeed(1);
        assertEquals(2, begun.size());
    }

    @Test
    void aLookThatCannotEvenBeginFailsLikeAnyOther() {
        List<Integer> tries = new ArrayList<>();
        look = lookWithin(LONG, () -> {
            tries.add(1);
            throw new IllegalStateException("at once");
        });
        ask();
        ask();
        assertEquals(2, tries.size(), "it does not keep the next one from beginning");
        assertEquals(List.of(TROUBLE + "java.lang.IllegalStateException: at once"), told.all);
    }

    @Test
    void aLookThatNeverEndsIsGivenUp() {
        look = lookWithin(Duration.ofMillis(20), this::untilTheTestEndsIt);
        ask();
        await().until(() -> told.all.equals(List.of(TROUBLE + "io.smallrye.mutiny.TimeoutException")));
        await("another one can begin").until(() -> {
            ask();
            return begun.size() > 1;
        });
        assertTrue(
                registry.get("reliably.look").tag("outcome", "failed").timers().stream()
                        .anyMatch(timer -> timer.count() > 0),
                "it counts as one that failed");
    }

    @Test
    void noLookBeginsAfterTheStop() {
        ask();
        ask();
        look.stop();
        succeed(0);
        ask();
        assertEquals(1, begun.size());
    }

    @Test
    void nothingIsToldOfALookThatFailsBecauseTheServerStops() {
        ask();
        look.stop();
        fail(0);
        assertEquals(List.of(), told.all);
    }

    @Test
    void itIsSoundFromTheLastRecoveryOn() {
        await().until(() -> look.soundFor().compareTo(Duration.ofMillis(5)) > 0);
        ask();
        fail(0);
        assertEquals(Duration.ZERO, look.soundFor());
        long recovering = System.nanoTime();
        ask();
        succeed(1);
        assertTrue(look.soundFor().compareTo(Duration.ofNanos(System.nanoTime() - recovering)) <= 0);
        Duration before = look.soundFor();
        ask();
        succeed(2);
        assertTrue(look.soundFor().compareTo(before) >= 0, "a look that succeeds as well changes nothing");
    }

    /** What people are told. */
    private static final class Told extends Handler {

        private final java.util.logging.Logger logger =
                java.util.logging.Logger.getLogger(RepeatedLookTest.class.getName());
        private final List<String> all = new CopyOnWriteArrayList<>();

        @Override
        public void publish(LogRecord record) {
            Object[] parameters = record.getParameters();
            all.add(parameters == null ? record.getMessage() : String.format(record.getMessage(), parameters));
        }

        @Override
        public void flush() {
            // Nothing is held back.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
