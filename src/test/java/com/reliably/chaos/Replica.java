package com.reliably.chaos;

import static io.restassured.RestAssured.given;

import com.reliably.testing.ServerProcess;
import com.reliably.testing.TcpLink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One of the servers: a process that can end and be started again, its own way to the database, its own clock. */
final class Replica implements AutoCloseable {

    private static final String CANNOT_START = "The server cannot start";

    private final ServerProcess.Setup setup;
    private final TcpLink database;
    private final Path clock;
    private final List<ServerProcess> lives = new ArrayList<>();

    /**
     * A server that does not run yet.
     *
     * @param setup    how it is started; its clock and its way to the database are added here
     * @param database its way to the database
     * @param clock    the file that says by how much its clock is wrong
     */
    Replica(ServerProcess.Setup setup, TcpLink database, Path clock) {
        this.setup = setup.with("QUARKUS_DATASOURCE_REACTIVE_URL", Database.url(database.port()))
                .with("RELIABLY_CLOCK_OFFSET_FILE", clock.toString());
        this.database = database;
        this.clock = clock;
    }

    /** Starts it, without waiting for it. */
    synchronized void launch() {
        lives.add(setup.launch());
    }

    /** Whether the process that it is now says that it is ready. */
    boolean isReady() {
        try {
            return given().baseUri(process().url()).get("/q/health/ready").statusCode() == 200;
        } catch (Exception notListening) {
            // What REST Assured throws is not declared.
            return false;
        }
    }

    /** The process that it is now, or was last. */
    synchronized ServerProcess process() {
        return lives.get(lives.size() - 1);
    }

    synchronized void killAndRestart() {
        process().kill();
        launch();
    }

    /**
     * Starts it again where it has ended by itself, as whatever looks after a server does.
     *
     * @return null where it lives; else why it ended
     */
    synchronized String restartIfEnded() {
        ServerProcess ended = process();
        if (ended.isAlive()) {
            return null;
        }
        String log = ended.log();
        int reason = log.indexOf(CANNOT_START);
        launch();
        return reason < 0
                ? "unexpectedly, see " + ended.logFile()
                : log.substring(reason).lines().findFirst().get();
    }

    static boolean couldNotStart(String reasonOfEnd) {
        return reasonOfEnd.startsWith(CANNOT_START);
    }

    TcpLink database() {
        return database;
    }

    /** Makes its clock wrong. */
    void putClock(Duration offset) {
        try {
            Path fresh = clock.resolveSibling(clock.getFileName() + ".new");
            Files.writeString(fresh, offset.toString());
            Files.move(fresh, clock, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What each of its lives printed, in their order. */
    synchronized List<Path> logs() {
        return lives.stream().map(ServerProcess::logFile).toList();
    }

    synchronized int starts() {
        return lives.size();
    }

    @Override
    public synchronized void close() {
        lives.forEach(ServerProcess::close);
        database.close();
    }
}
