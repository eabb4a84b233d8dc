package com.reliably.problem;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Collects what is wrong with one request, so that all of it is reported at once; of very much, the first of it. Not
 * thread-safe.
 */
public final class Faults {

    /** An answer with all faults of a list of a million would be far larger than the request. */
    static final int MOST = 100;

    private final List<Object> prefix;
    private final List<Fault> found;

    private Faults(List<Object> prefix, List<Fault> found) {
        this.prefix = prefix;
        this.found = found;
    }

    /** Faults of the request's body. */
    public static Faults inBody() {
        return new Faults(List.of("body"), new ArrayList<>());
    }

    /** The same collection, seen from a member of the current place. */
    public Faults at(Object... members) {
        List<Object> deeper = new ArrayList<>(prefix);
        deeper.addAll(List.of(members));
        return new Faults(List.copyOf(deeper), found);
    }

    /** A required member is absent or null. */
    public void missing(String member) {
        add(Fault.of("missing", locate(member), "Field required"));
    }

    /** A member has a value that is not allowed; the value is shown. */
    public void reject(String member, String msg, Object input) {
        add(Fault.of("value_error", locate(member), msg, input));
    }

    /** A member has a value that is not allowed and must not be shown. */
    public void reject(String member, String msg) {
        add(Fault.of("value_error", locate(member), msg));
    }

    private void add(Fault fault) {
        if (found.size() < MOST) {
            found.add(fault);
        }
    }

    /** What was found, for people who did not send the request: the way to each member, and what is wrong with it. */
    public List<String> messages() {
        return found.stream()
                .map(fault -> fault.loc().stream().skip(1).map(String::valueOf).collect(Collectors.joining(".")) + ": "
                        + fault.msg())
                .toList();
    }

    /** Whether nothing was found so far. */
    public boolean isEmpty() {
        return found.isEmpty();
    }

    /**
     * Ends the check.
     *
     * @throws ProblemException 422 with everything that was found, if anything was
     */
    public void throwIfAny() {
        if (!found.isEmpty()) {
            throw ProblemException.invalid(found);
        }
    }

    private List<Object> locate(String member) {
        if (member == null) {
            return prefix;
        }
        List<Object> loc = new ArrayList<>(prefix);
        loc.add(member);
        return List.copyOf(loc);
    }
}
