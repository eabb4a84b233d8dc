package com.reliably.contract;

/**
 * One way in which our answer is not like the recorded one.
 *
 * @param what in words that {@link Deviation}s match, such as {@code status 500 -> 409}, {@code extra $.title} or, in an
 *             error, {@code extra error.title}
 */
record Difference(String what) {

    @Override
    public String toString() {
        return what;
    }
}
