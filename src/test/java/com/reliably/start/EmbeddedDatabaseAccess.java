package com.reliably.start;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A look into the embedded PostgreSQL of a running server, past the server. */
public final class EmbeddedDatabaseAccess {

    private final Path dataDirectory;

    public EmbeddedDatabaseAccess(Path dataDirectory) {
        this.dataDirectory = dataDirectory;
    }

    /** PostgreSQL's process, where it has one that lives. */
    Optional<ProcessHandle> process() {
        return pidFile()
                .flatMap(lines -> ProcessHandle.of(Long.parseLong(lines.get(0).strip())))
                .filter(process -> process.info().commandLine().orElse("").contains(dataDirectory.toString()));
    }

    /** The lines of postmaster.pid: process, directory, start, port, … */
    Optional<List<String>> pidFile() {
        Path file = dataDirectory.resolve("postgres-17/postmaster.pid");
        try {
            return Files.exists(file) ? Optional.of(Files.readAllLines(file)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Connection connect() throws SQLException {
        try {
            return connect(
                    Files.readString(dataDirectory.resolve("database-password")).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Connection connect(String password) throws SQLException {
        String port = pidFile().orElseThrow().get(3).strip();
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", password);
    }

    /** The first column of what a query finds. */
    List<String> column(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found;
        }
    }
}
