package com.reliably.contract;

import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Something that this server does otherwise than the recorded one, on purpose.
 *
 * @param why     the reason
 * @param file    the recording; null for all
 * @param lines   in the recording; empty for all
 * @param differs what {@link Difference}s it explains, as a regular expression of their whole text
 * @param instead what to send in place of a request that is refused here, so that what follows has something to work on;
 *                null where nothing needs it
 */
record Deviation(String why, String file, Set<Integer> lines, Pattern differs, UnaryOperator<String> instead) {

    /** A deviation wherever a difference of this kind shows. */
    static Deviation everywhere(String differs, String why) {
        return new Deviation(why, null, Set.of(), Pattern.compile(differs), null);
    }

    /** A deviation on these lines of a recording. */
    static Deviation on(String file, int[] lines, String differs, String why) {
        Set<Integer> set = IntStream.of(lines).boxed().collect(Collectors.toUnmodifiableSet());
        return new Deviation(why, file, set, Pattern.compile(differs), null);
    }

    /** The same, followed by the request with one part replaced. */
    Deviation sendingInstead(String part, String by) {
        return new Deviation(why, file, lines, differs, body -> {
            if (!body.contains(part)) {
                throw new IllegalStateException("'" + part + "' is not in " + body);
            }
            return body.replace(part, by);
        });
    }

    boolean explains(Exchange exchange, Difference difference) {
        return (file == null || file.equals(exchange.file()))
                && (lines.isEmpty() || lines.contains(exchange.line()))
                && differs.matcher(difference.what()).matches();
    }

    @Override
    public String toString() {
        return (file == null ? "" : file + ":" + lines + " ") + differs + " (" + why + ")";
    }
}
