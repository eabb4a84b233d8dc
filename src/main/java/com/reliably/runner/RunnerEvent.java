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
     * @param error    why, for people; null where the exit code says it all. With exit code 0: what it means should the client
     *     have reported nothing
     */
    record Ended(How how, Integer exitCode, String error) implements RunnerEvent {}

    /** The ways in which a run can be over. */
    enum How {
        /** The client ended by itself. */
        EXITED,
        /** The client could not be started: installation, interpreter, directory, image… */
        UNPREPARED,
        /** It was ended because somebody asked. */
        CANCELLED,
        /** It was ended because its time was over. */
        TIMED_OUT,
        /** It is gone, and nobody knows how it ended. */
        VANISHED
    }
}
