package com.reliably.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * That a thread of the event loop was busy for long with one thing, as Vert.x' checker reports it.
 *
 * <p>One that waits is told from one that computes: on a busy machine the first requests, which load classes, take a
 * second now and then, though nothing blocks; waiting for a file, a lock or another thread is never right.
 *
 * @param thread its name
 * @param busy   for how long, when it was looked at
 * @param frames where it was then, innermost first, each as in {@code java.lang.Thread.sleep(Native Method)}; empty where
 *               that was not reported
 * @param at     when that was; null where it is not known
 */
record BlockedEventLoop(String thread, Duration busy, List<String> frames, Instant at) {

    /** How often Vert.x looks. */
    static final Duration LOOK_EVERY = Duration.ofMillis(250);
    /** From when on it reports; a thread that waits for so long is too much. */
    static final Duration REPORTED = Duration.ofMillis(500);

    private static final Pattern REPORT =
            Pattern.compile("Thread Thread\\[#?[0-9,]*(vert\\.x-eventloop-thread-[0-9]+),.*"
                    + " has been blocked for ([0-9]+) ms, time limit is");
    private static final Pattern TIME = Pattern.compile("^([0-9-]{10} [0-9:]{8},[0-9]{3}) ");
    private static final DateTimeFormatter TIME_FORM = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss,SSS");
    private static final Pattern FRAME = Pattern.compile("\\s*at (?:[^\\s(]*/)?(\\S+\\(.*\\))\\s*");

    /** Where a thread is that waits: for another, for time to pass, for a process, a socket or a file. */
    private static final Pattern WAITS = Pattern.compile(
            "(jdk\\.internal\\.misc\\.Unsafe\\.park|java\\.lang\\.Thread\\.(sleep|yield|join)|java\\.lang\\.Object\\.wait"
                    + "|java\\.lang\\.ProcessImpl\\.|java\\.lang\\.ProcessHandleImpl\\.|sun\\.nio\\.ch\\.|sun\\.nio\\.fs\\."
                    + "|java\\.io\\.(File|Random|Unix|Console)|java\\.net\\.).*");

    /** One report, where it is of a thread of the event loop. */
    static Optional<BlockedEventLoop> of(String message, List<String> frames, Instant at) {
        Matcher report = REPORT.matcher(message);
        if (!report.find()) {
            return Optional.empty();
        }
        return Optional.of(new BlockedEventLoop(
                report.group(1), Duration.ofMillis(Long.parseLong(report.group(2))), List.copyOf(frames), at));
    }

    /** Those that a server's log reports. */
    static List<BlockedEventLoop> inLog(List<String> lines) {
        List<BlockedEventLoop> found = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (REPORT.matcher(lines.get(i)).find()) {
                of(lines.get(i), framesBelow(lines, i + 1), timeOf(lines.get(i)))
                        .ifPresent(found::add);
            }
        }
        return found;
    }

    /** A server prints the time of this machine's zone. */
    private static Instant timeOf(String line) {
        Matcher time = TIME.matcher(line);
        return time.find()
                ? LocalDateTime.parse(time.group(1), TIME_FORM)
                        .atZone(ZoneId.systemDefault())
                        .toInstant()
                : null;
    }

    /** A log without what is reported here, which servers are told to do by the tests only. */
    static String leftOutOf(String log) {
        List<String> lines = log.lines().toList();
        List<String> kept = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (REPORT.matcher(lines.get(i)).find()) {
                while (i + 1 < lines.size() && FRAME.matcher(lines.get(i + 1)).matches()) {
                    i++;
                }
            } else {
                kept.add(lines.get(i));
            }
        }
        return String.join("\n", kept);
    }

    /**
     * The same without the time in which everything stood still.
     *
     * @param standstills says how long that was between two moments
     */
    BlockedEventLoop without(BiFunction<Instant, Instant, Duration> standstills) {
        return at == null
                ? this
                : new BlockedEventLoop(thread, busy.minus(standstills.apply(at.minus(busy), at)), frames, at);
    }

    private static List<String> framesBelow(List<String> lines, int first) {
        List<String> frames = new ArrayList<>();
        for (String line : lines.subList(first, lines.size())) {
            Matcher frame = FRAME.matcher(line);
            if (frame.matches()) {
                frames.add(frame.group(1));
            } else if (!line.contains("Thread blocked")) {
                break;
            }
        }
        return frames;
    }

    /**
     * Whether a test is to fail for it.
     *
     * @param longestComputation how long it may be busy without waiting for anything
     */
    boolean isTooLong(Duration longestComputation) {
        return waits() && busy.compareTo(REPORTED) >= 0 || busy.compareTo(longestComputation) >= 0;
    }

    /** Loading a class reads a file too, and a line of the log is written to one; neither can be helped. */
    private boolean waits() {
        return !frames.isEmpty()
                && WAITS.matcher(frames.get(0)).matches()
                && !isNettysOwn()
                && frames.stream()
                        .noneMatch(frame ->
                                frame.contains("ClassLoader.loadClass(") || frame.startsWith("org.jboss.logmanager."));
    }

    /**
     * What Netty does with its sockets never waits, but where a loop waits for work. One that is found there was given no
     * processor: the whole process stood still, and when it went on the checker was there first.
     */
    private boolean isNettysOwn() {
        return frames.stream()
                .dropWhile(frame -> frame.startsWith("sun.nio.ch."))
                .findFirst()
                .filter(frame -> frame.startsWith("io.netty.channel."))
                .isPresent();
    }

    /** Says of each thread where it was last found. */
    static String described(List<BlockedEventLoop> blocked) {
        Map<String, BlockedEventLoop> last = new LinkedHashMap<>();
        blocked.forEach(loop -> last.put(loop.thread(), loop));
        return "event loops were blocked:\n"
                + last.values().stream().map(BlockedEventLoop::toString).collect(Collectors.joining("\n"));
    }

    @Override
    public String toString() {
        return thread + " was busy for " + busy.toMillis() + " ms, at\n\t"
                + String.join("\n\t", frames.subList(0, Math.min(60, frames.size())));
    }
}
