package com.reliably.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** A clock that is wrong by what a file says. The file is read by a thread of the clock's own, five times a second. */
final class OffsetClock extends Clock implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(OffsetClock.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    private final Clock right;
    private final Path file;
    private final ScheduledExecutorService reader =
            Executors.newSingleThreadScheduledExecutor(OffsetClock::newDaemonThread);
    private volatile Duration offset = Duration.ZERO;
    private String faulty = "";

    /**
     * Starts to read the file.
     *
     * @param right tells the time when nothing is to be added
     * @param file  need not exist (yet)
     */
    OffsetClock(Clock right, Path file) {
        this.right = right;
        this.file = file;
        look();
        reader.scheduleWithFixedDelay(this::look, LOOK_EVERY.toMillis(), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Thread newDaemonThread(Runnable work) {
        Thread thread = new Thread(work, "clock-offset");
        thread.setDaemon(true);
        return thread;
    }

    private void look() {
        try {
            String text = Files.readString(file).strip();
            // A file that is being written is empty for a moment.
            if (!text.isEmpty()) {
                take(text);
            }
        } catch (NoSuchFileException e) {
            put(Duration.ZERO);
        } catch (IOException e) {
            LOG.debugf("%s cannot be read: %s", file, e);
        }
    }

    private void take(String text) {
        try {
            put(Duration.parse(text));
            faulty = "";
        } catch (DateTimeParseException e) {
            if (!text.equals(faulty)) {
                faulty = text;
                LOG.warnf("%s does not hold a duration such as PT2H or -PT2H; the clock stays as it is", file);
            }
        }
    }

    private void put(Duration next) {
        if (!next.equals(offset)) {
            LOG.warnf("The clock of this server is now wrong by %s, as %s demands", next, file);
            offset = next;
        }
    }

    @Override
    public Instant instant() {
        return right.instant().plus(offset);
    }

    @Override
    public ZoneId getZone() {
        return right.getZone();
    }

    @Override
    public Clock withZone(ZoneId zone) {
        if (!ZoneOffset.UTC.equals(zone)) {
            throw new UnsupportedOperationException("The server's clock is read in UTC");
        }
        return this;
    }

    @Override
    public void close() {
        reader.shutdownNow();
    }
}
