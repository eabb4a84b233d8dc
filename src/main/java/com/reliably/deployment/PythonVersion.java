package com.reliably.deployment;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Versions of Python that a run may ask for: {@code 3.12}, or {@code 3.12.4}. */
final class PythonVersion {

    private static final Pattern VERSION = Pattern.compile("3\\.([0-9]{1,2})(?:\\.[0-9]{1,3})?");
    /** No version of the Reliably CLI runs on an older one. */
    private static final int OLDEST_MINOR = 9;

    private PythonVersion() {}

    /** What is wrong with the version, and what would be right; empty where nothing is. */
    static Optional<String> fault(String text) {
        Matcher version = VERSION.matcher(text);
        if (!version.matches()) {
            return Optional.of("Say which Python as in '3.12' or '3.12.4'");
        }
        if (Integer.parseInt(version.group(1)) < OLDEST_MINOR) {
            return Optional.of("The Reliably CLI does not run on a Python that old; use 3.12 or newer");
        }
        return Optional.empty();
    }
}
