package com.reliably.runner.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The Python scripts of managed runs, which are resources of the server, as files of one directory. Its name is derived from
 * their content, so that launchers of another release that are still running keep theirs.
 */
final class LauncherScripts {

    /** The script that is started, and the modules that it imports from beside it. */
    private static final List<String> NAMES = List.of(
            "launcher.py",
            "addresses.py",
            "confinement.py",
            "environments.py",
            "kernel.py",
            "listener.py",
            "output.py",
            "policies.py",
            "relay.py",
            "reports.py",
            "supervisor.py",
            "upstream.py",
            "usage.py");

    private final Path parent;

    /**
     * @param parent where the directory of scripts is made; it need not exist yet
     */
    LauncherScripts(Path parent) {
        this.parent = parent;
    }

    /** The script to start, installed together with its modules where it is not there yet. */
    Path launcher() throws IOException {
        Map<String, byte[]> scripts = new LinkedHashMap<>();
        for (String name : NAMES) {
            scripts.put(name, read(name));
        }
        Path directory = parent.resolve("launcher-" + digest(scripts));
        if (!Files.exists(directory)) {
            install(scripts, directory);
        }
        return directory.resolve("launcher.py");
    }

    private static byte[] read(String name) throws IOException {
        try (InputStream resource = LauncherScripts.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new FileNotFoundException("The server was built without its script " + name + ".");
            }
            return resource.readAllBytes();
        }
    }

    private void install(Map<String, byte[]> scripts, Path directory) throws IOException {
        Files.createDirectories(parent);
        Path fresh = Files.createTempDirectory(parent, "launcher.new");
        for (Map.Entry<String, byte[]> script : scripts.entrySet()) {
            Files.write(fresh.resolve(script.getKey()), script.getValue());
        }
        try {
            Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            // Another thread may have been first. What it made has the same content.
            for (String name : scripts.keySet()) {
                Files.delete(fresh.resolve(name));
            }
            Files.delete(fresh);
            if (!Files.exists(directory)) {
                throw e;
            }
        }
    }

    private static String digest(Map<String, byte[]> scripts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            scripts.values().forEach(digest::update);
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}
