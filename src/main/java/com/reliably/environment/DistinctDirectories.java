package com.reliably.environment;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Shows an environment's secret files such that the Reliably CLI can write them. With {@code --load-environment} it
 * writes each file below one temporary directory, the plan's and the integrations' environments alike, and fails where
 * the file's own directory is already there. A value that equals a file's path means that file: it changes with it.
 */
final class DistinctDirectories {

    private DistinctDirectories() {}

    /** Every file in a directory of its own, which no other environment has either. */
    static EnvironmentView forAll(EnvironmentView environment) {
        Map<String, String> moved = new HashMap<>();
        for (EnvironmentSecret secret : environment.secrets()) {
            if (secret.isFile()) {
                moved.put(secret.path(), move(secret.path(), environment.id(), moved.size()));
            }
        }
        return rename(environment, moved);
    }

    /**
     * Only those files elsewhere that the CLI would stumble over: for a person, who may want to see where they belong.
     * The plan's own environment can be shown like this if those of its integrations are shown the other way.
     */
    static EnvironmentView whereNeeded(EnvironmentView environment) {
        Map<String, String> moved = new HashMap<>();
        // The root is there from the start: it is the CLI's temporary directory.
        Set<String> made = new HashSet<>(Set.of(""));
        for (EnvironmentSecret secret : environment.secrets()) {
            if (!secret.isFile()) {
                continue;
            }
            String path = secret.path();
            if (made.contains(directoryOf(path))) {
                path = move(path, environment.id(), moved.size());
                moved.put(secret.path(), path);
            }
            for (String directory = directoryOf(path); !directory.isEmpty(); directory = directoryOf(directory)) {
                made.add(directory);
            }
        }
        return rename(environment, moved);
    }

    /** Below a directory of its own at the top: further down, one file's directory may be on the way to another's. */
    private static String move(String path, UUID environmentId, int number) {
        return "/" + environmentId + "-" + number + path;
    }

    private static String directoryOf(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }

    private static EnvironmentView rename(EnvironmentView environment, Map<String, String> moved) {
        if (moved.isEmpty()) {
            return environment;
        }
        List<EnvironmentVariable> variables = new ArrayList<>();
        for (EnvironmentVariable variable : environment.envvars()) {
            variables.add(new EnvironmentVariable(
                    variable.varName(), moved.getOrDefault(variable.value(), variable.value())));
        }
        List<EnvironmentSecret> secrets = new ArrayList<>();
        for (EnvironmentSecret secret : environment.secrets()) {
            secrets.add(
                    secret.isFile()
                            ? secret.withPath(moved.getOrDefault(secret.path(), secret.path()))
                            : secret.withValue(moved.getOrDefault(secret.value(), secret.value())));
        }
        return environment.with(variables, secrets);
    }
}
