package com.reliably.testing;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Measures what it costs to read text that somebody made to be costly: many times the same few characters, which is what
 * the quadratic paths of parsers and patterns feed on. Compared are processor times at two lengths, so that neither a slow
 * machine nor a busy one changes the verdict.
 */
public final class WorkOfReading {

    /** Four times the text may take twice as long as linear reading would. */
    private static final int MOST_GROWTH = 8;
    /** Of the longer text; what takes less is not looked at: compilers and collectors make such times mean nothing. */
    private static final long NOTICEABLE_NANOS = 250_000_000;

    private static final int TRIES = 3;

    /** Repeated in all of these. */
    private static final List<String> UNITS = List.of(
            "[",
            "{",
            "(",
            "[]",
            "{}",
            "[{",
            "]",
            "- ",
            "? ",
            "?",
            ": ",
            "a: ",
            "a:\n",
            "&a ",
            "*a ",
            "!",
            "!a ",
            "<<: ",
            "#",
            " #",
            "# a\n",
            "\n",
            "\r\n",
            "\n ",
            " ",
            "\t",
            "\"",
            "'",
            "''",
            "\\",
            "\\\n",
            "\\u0000",
            "%",
            "|",
            ">",
            "@",
            "a",
            "a ",
            "aA",
            "0",
            "1:",
            "1,",
            "1-",
            "1_",
            "9",
            ".",
            "-",
            "--",
            "_",
            "__",
            "/",
            "//",
            "/a",
            ".a",
            "a.a",
            ":",
            ",",
            ";",
            "=",
            "==",
            "~",
            "$",
            "${A",
            "${{ ",
            "}}",
            "*",
            "*/",
            "@a",
            "\u00e9",
            "\ud83d\ude00",
            "\ufeff",
            "\"a\":",
            "\"a\",",
            "{\"a\":",
            "[1,",
            "-----BEGIN ");

    /** Of those, what stands for the rest where a text is so long that each takes a second. */
    private static final List<String> FEW_UNITS = List.of("[", "- a\n");

    private static final LongSupplier OF_THIS_THREAD =
            () -> ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

    private static final LongSupplier OF_THIS_PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)::getProcessCpuTime;

    private final LongSupplier work;
    private final int length;
    private final Consumer<String> read;
    private final List<String> faults = new ArrayList<>();

    private WorkOfReading(LongSupplier work, int length, Consumer<String> read) {
        this.work = work;
        this.length = length;
        this.read = read;
    }

    /**
     * What is costly to a reader out of all the texts that are made of few characters.
     *
     * @param length   of the longer text, in characters: at most what the reader takes, so that it does not just refuse it
     * @param frames   what is around the repetition, with {@code %s} in its place
     * @param read     the reader; exceptions are its answers, errors are not
     * @return one line for each text whose cost grows faster than its length, or that overflows the stack
     */
    public static List<String> faults(int length, List<String> frames, Consumer<String> read) {
        return new WorkOfReading(OF_THIS_THREAD, length, read).faults(frames, UNITS);
    }

    /** The same where other threads of this process do the reading. */
    public static List<String> faultsOfServer(int length, List<String> frames, Consumer<String> send) {
        return new WorkOfReading(OF_THIS_PROCESS, length, send).faults(frames, UNITS);
    }

    /** The same with few texts, which may be as long as a request. */
    public static List<String> faultsOfServerWithLongTexts(int length, List<String> frames, Consumer<String> send) {
        return new WorkOfReading(OF_THIS_PROCESS, length, send).faults(frames, FEW_UNITS);
    }

    private List<String> faults(List<String> frames, List<String> units) {
        for (String frame : frames) {
            for (String unit : units) {
                check(frame, unit);
            }
        }
        return faults;
    }

    private void check(String frame, String unit) {
        String what = "'" + frame.replace("\n", "\\n") + "' of '" + unit.replace("\n", "\\n") + "'";
        try {
            long longer = Long.MAX_VALUE;
            long shorter = 0;
            for (int i = 0; i < TRIES; i++) {
                longer = Math.min(longer, nanos(text(frame, unit, length)));
                if (longer < NOTICEABLE_NANOS) {
                    return;
                }
                shorter = Math.max(shorter, nanos(text(frame, unit, length / 4)));
                // Linear, but by a factor that ordinary text is far from: ten microseconds a character.
                boolean dear = longer > length * 10_000L;
                if (!dear && longer <= MOST_GROWTH * Math.max(shorter, NOTICEABLE_NANOS / MOST_GROWTH)) {
                    return;
                }
            }
            faults.add(what + ": " + length + " characters took " + longer / 1_000_000 + " ms, a quarter of them "
                    + shorter / 1_000_000 + " ms");
        } catch (StackOverflowError e) {
            faults.add(what + ": " + e);
        }
    }

    private static String text(String frame, String unit, int length) {
        return frame.replace("%s", unit.repeat(Math.max(1, (length - frame.length()) / unit.length())));
    }

    private long nanos(String text) {
        long begin = work.getAsLong();
        try {
            read.accept(text);
        } catch (RuntimeException refused) {
            // As it should be, mostly.
        }
        return work.getAsLong() - begin;
    }
}
