package com.reliably.chaos;

/** What can befall the servers and their database. */
enum Fault {
    /** A server is killed ({@code kill -9}), and started again at once on the same data directory. */
    KILL("kills", 5),
    /** A server stands still ({@code SIGSTOP}) and goes on, not knowing that it was away. */
    FREEZE("stops", 3),
    /** The network between a server and the database is cut: connections are reset, and new ones are refused. */
    CUT("cuts", 2),
    /** The same, but nobody is told: what is sent disappears. */
    BLACK_HOLE("black holes", 2),
    /** The same, but what was sent arrives when the network is back: a commit, say, half a minute late. */
    STALL("stalls", 2),
    /** PostgreSQL is ended in the midst of everything, and started again. */
    DATABASE_CRASH("database restarts", 1),
    /** The clock of a server is wrong by two hours from now on, or right again. */
    CLOCK_JUMP("clock jumps", 2);

    private final String plural;
    private final int weight;

    Fault(String plural, int weight) {
        this.plural = plural;
        this.weight = weight;
    }

    /** How often it comes, compared with the others. */
    int weight() {
        return weight;
    }

    /** Whether a server is of no use while it lasts. */
    boolean impairsServer() {
        return this != DATABASE_CRASH && this != CLOCK_JUMP;
    }

    /** As in "three ...". */
    String plural() {
        return plural;
    }
}
