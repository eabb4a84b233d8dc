package com.reliably.runner;

/** What a runner sees of a run. */
public sealed interface RunnerEvent {

    /** Everything is prepared; nothing takes effect before {@link Runner#permit}. */
    record Ready() implements RunnerEvent {}

    /** The client is being executed: from here on the experiment may have had effects. */
    record Started() implements RunnerEvent {}

    /**
     * Its engine has the run but cannot begin it, for now: an image that cannot be pulled, no room, no quota. Shown with
     * the run and its plan until it has begun; a runner that gives up says {@link How#UNPREPARED}.
     *
     * @param why for people, with the remedy
     */
    record Waiting(String why) implements RunnerEvent {}

    /**
     * Its engine has it under this name from now on, which is known only some time after its launch.
     *
     * @param reference by which its engine knows it
     * @param url       where people see it at its engine; null where they can't
     */
    record Located(String reference, String url) implements RunnerEvent {}

    /**
     * A piece of output, of whole lines where lines are not endless.
     *
     * @param firstByte where the piece begins in the engine's output
     * @param nextByte  where the next one will begin
     * @param text      the piece
     */
    record Output(long firstByte, long nextByte, String text) implements RunnerEvent {}

    /**
     * The run is over.
     *
     * @param how      in which way
     * @param exitCode the client's exit code; null where it never ran or was not heard of
     * @param error    why, for people; null where the exit code says it all. Of a client that ended {@link #well}: what it
     *     means should it have reported nothing
     */
    record Ended(How how, Integer exitCode, String error) implements RunnerEvent {

        /**
         * The client ended with exit code 0, which says that all is well if it has reported an execution.
         *
         * @param remedy    what has to be so for the plan to be run, as a sentence without a full stop
         * @param serverUrl where the client was to report
         * @param setting   the variable in which the operator says so
         */
        public static Ended well(String remedy, String serverUrl, String setting) {
            return new Ended(
                    How.EXITED,
                    0,
                    "The client ended with exit code 0, but no execution was reported: it did not run the plan, or could"
                            + " not reach this server at " + serverUrl + " (" + setting + "). " + remedy + ".");
        }

        /**
         * The run was ended because its time was over.
         *
         * @param exitCode the client's; may be null
         * @param setting  the variable in which the operator says how long runs of this kind may take
         */
        public static Ended tookTooLong(Integer exitCode, String setting) {
            return new Ended(
                    How.TIMED_OUT,
                    exitCode,
                    "The run took longer than it may, and was stopped. The plan can allow more"
                            + " (policies.timeout_seconds), or the operator (" + setting + ").");
        }
    }

    /** The ways in which a run can be over. */
    enum How {
        /** The client ended by itself. */
        EXITED,
        /** There was no client: such runs do nothing, and that is well. */
        NOTHING_TO_RUN,
        /** The client ended by itself, but this server could not be told all of what it reported. */
        UNREPORTED,
        /** The client could not be started: installation, interpreter, directory, image… */
        UNPREPARED,
        /** It was ended because somebody asked. */
        CANCELLED,
        /** It was ended because its time was over. */
        TIMED_OUT,
        /** It was ended because it used more of the host than it may. */
        OVER_LIMIT,
        /** It is gone, and nobody knows how it ended. */
        VANISHED
    }
}
