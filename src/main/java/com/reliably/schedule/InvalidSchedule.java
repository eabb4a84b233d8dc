package com.reliably.schedule;

/** A cron pattern or a time zone that means nothing. The message says what is wrong and where, for people. */
public final class InvalidSchedule extends Exception {

    private final String member;
    private final String input;

    InvalidSchedule(String member, String input, String message) {
        super(message, null, false, false);
        this.member = member;
        this.input = input;
    }

    /** The wire's member that is at fault: {@code pattern} or {@code timezone}. */
    public String member() {
        return member;
    }

    /** What was given there. */
    public String input() {
        return input;
    }
}
