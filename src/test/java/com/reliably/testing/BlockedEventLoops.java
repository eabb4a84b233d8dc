package com.reliably.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails each test during which an event loop was blocked. It is registered by {@code META-INF/services}, for all tests;
 * what blocks while the server starts, before the first test, is not looked at. Tests that block event loops on purpose
 * are tagged {@value #ON_PURPOSE}.
 *
 * <p>Where classes run side by side, it is not known whose loop it was: all tests fail that ran meanwhile, and none while a
 * class is under way that blocks them on purpose.
 */
public final class BlockedEventLoops
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

    public static final String ON_PURPOSE = "blocks-event-loops";

    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(BlockedEventLoops.class);

    // A second is what loading classes for the first requests takes on two busy cores.
    private static final Duration LONGEST_COMPUTATION = Duration.ofSeconds(2);

    @Override
    public void beforeAll(ExtensionContext tests) {
        Recorder recorder = recorder(tests);
        recorder.listenToEveryReport();
        if (tests.getTags().contains(ON_PURPOSE)) {
            recorder.blockingOnPurpose.add(classOf(tests));
        }
    }

    @Override
    public void beforeEach(ExtensionContext test) {
        Recorder recorder = recorder(test);
        recorder.listenToEveryReport();
        recorder.lookedAt.put(classOf(test), Instant.now());
    }

    @Override
    public void afterEach(ExtensionContext test) {
        check(test);
    }

    @Override
    public void afterAll(ExtensionContext tests) {
        check(tests);
        recorder(tests).blockingOnPurpose.remove(classOf(tests));
    }

    private static void check(ExtensionContext context) {
        Recorder recorder = recorder(context);
        Instant now = Instant.now();
        Instant before = recorder.lookedAt.put(classOf(context), now);
        List<BlockedEventLoop> blocked = before == null ? List.of() : recorder.reported(before, now);
        if (!blocked.isEmpty() && !context.getTags().contains(ON_PURPOSE)) {
            throw new AssertionError(BlockedEventLoop.described(blocked));
        }
    }

    private static String classOf(ExtensionContext context) {
        return context.getRequiredTestClass().getName();
    }

    private static Recorder recorder(ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(Recorder.class, type -> Recorder.listening(), Recorder.class);
    }

    /** Listens to the checker for as long as tests run. */
    private static final class Recorder extends Handler implements AutoCloseable {

        private final Logger checker;
        private final Standstills standstills = Standstills.noted();
        private final List<BlockedEventLoop> recorded = new CopyOnWriteArrayList<>();
        /** By class of tests: when it was last looked whether something had been blocked. */
        private final Map<String, Instant> lookedAt = new ConcurrentHashMap<>();
        /** The classes of tests under way that are tagged as a whole. */
        private final Set<String> blockingOnPurpose = ConcurrentHashMap.newKeySet();

        private Recorder(Logger checker) {
            this.checker = checker;
        }

        static Recorder listening() {
            Recorder recorder = new Recorder(Logger.getLogger("io.vertx.core.impl.BlockedThreadChecker"));
            recorder.checker.addHandler(recorder);
            return recorder;
        }

        @Override
        public void publish(LogRecord report) {
            Throwable where = report.getThrown();
            List<String> frames = where == null
                    ? List.of()
                    : Arrays.stream(where.getStackTrace())
                            .map(frame -> frame.getClassName() + "." + frame.getMethodName() + "("
                                    + (frame.isNativeMethod()
                                            ? "Native Method"
                                            : frame.getFileName() + ":" + frame.getLineNumber())
                                    + ")")
                            .toList();
            Optional<BlockedEventLoop> blocked = BlockedEventLoop.of(report.getMessage(), frames, Instant.now())
                    .map(loop -> loop.without(standstills::within))
                    .filter(loop -> loop.isTooLong(LONGEST_COMPUTATION));
            if (blockingOnPurpose.isEmpty()) {
                blocked.ifPresent(recorded::add);
            }
        }

        /** In tests Quarkus lets only the first report of a thread through that is found at the same place again and again. */
        void listenToEveryReport() {
            checker.setFilter(null);
        }

        /** What was reported from one moment on and before another. */
        List<BlockedEventLoop> reported(Instant from, Instant to) {
            return recorded.stream()
                    .filter(loop -> !loop.at().isBefore(from) && loop.at().isBefore(to))
                    .toList();
        }

        @Override
        public void flush() {
            // Nothing is held back.
        }

        @Override
        public void close() {
            checker.removeHandler(this);
            standstills.close();
        }
    }
}
