package com.reliably.runner;

/**
 * What a launch came to.
 *
 * @param reference by which its engine knows the run
 * @param url       where people see the run at its engine; null where they can't
 * @param end       the end of a run that was over with its launch, so that there is nothing to observe; else null
 */
public record Launched(String reference, String url, RunnerEvent.Ended end) {

    /** A run that goes on, to be observed. */
    public static Launched as(String reference) {
        return new Launched(reference, null, null);
    }
}
