package com.reliably.environment;

import com.reliably.problem.Faults;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What makes variables and secrets such that a process can be given them. */
final class EnvironmentRules {

    /** POSIX, Base Definitions 8.1, with the lower-case letters that everybody uses. */
    private static final Pattern VARIABLE_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private static final Set<String> NOT_IN_PATHS = Set.of("", ".", "..");
    private static final int MOST_ENTRIES = 500;
    private static final int LONGEST_NAME = 200;
    private static final int LONGEST_PATH = 1000;
    /** Linux refuses to start a process with a longer {@code NAME=value} (MAX_ARG_STRLEN, less its NUL). */
    private static final int LONGEST_VARIABLE_BYTES = 131_071;
    /** Kubernetes keeps no larger Secret. */
    private static final int LARGEST_FILE_BYTES = 1_048_576;

    private final Faults faults;
    private final Set<String> varNames = new HashSet<>();
    private final Set<String> keys = new HashSet<>();
    private final Set<String> files = new HashSet<>();

    EnvironmentRules(Faults faults) {
        this.faults = faults;
    }

    /** Checks every entry, and that they do not get into each other's way. */
    void check(List<EnvironmentVariable> variables, List<EnvironmentSecret> secrets) {
        if (variables.size() > MOST_ENTRIES) {
            faults.reject("envvars", "An environment has at most " + MOST_ENTRIES + " variables");
            return;
        }
        if (secrets.size() > MOST_ENTRIES) {
            faults.reject("secrets", "An environment has at most " + MOST_ENTRIES + " secrets");
            return;
        }
        for (int i = 0; i < variables.size(); i++) {
            Faults here = faults.at("envvars", i);
            EnvironmentVariable variable = variables.get(i);
            if (variable == null) {
                here.missing("var_name");
            } else if (checkVariable(here, variable)) {
                checkUnusedName(here, variable.varName());
            }
        }
        for (int i = 0; i < secrets.size(); i++) {
            Faults here = faults.at("secrets", i);
            EnvironmentSecret secret = secrets.get(i);
            if (secret == null) {
                here.missing("key");
            } else if (checkSecret(here, secret)) {
                checkUnused(here, secret);
            }
        }
    }

    /** Checks one entry that joins, or replaces its like among, others which are fine. */
    void checkEntry(
            EnvironmentEntry entry, List<EnvironmentVariable> otherVariables, List<EnvironmentSecret> otherSecrets) {
        otherVariables.forEach(variable -> varNames.add(variable.varName()));
        for (EnvironmentSecret secret : otherSecrets) {
            if (secret.isFile()) {
                files.add(secret.path());
            } else {
                varNames.add(secret.varName());
            }
        }
        if ((entry.isSecret() ? otherSecrets.size() : otherVariables.size()) >= MOST_ENTRIES) {
            faults.reject(null, "An environment has at most " + MOST_ENTRIES + " variables, and as many secrets");
        } else if (entry.isSecret()) {
            if (checkSecret(faults, entry.toSecret())) {
                checkUnused(faults, entry.toSecret());
            }
        } else if (checkVariable(faults, entry.toVariable())) {
            checkUnusedName(faults, entry.varName());
        }
    }

    private static boolean checkVariable(Faults here, EnvironmentVariable variable) {
        boolean named = checkName(here, variable.varName());
        if (variable.value() == null) {
            here.missing("value");
            return false;
        }
        return named && checkLength(here, variable.varName(), variable.value());
    }

    private static boolean checkSecret(Faults here, EnvironmentSecret secret) {
        boolean fine = checkKey(here, secret.key());
        if (secret.value() == null) {
            here.missing("value");
            return false;
        }
        if (secret.varName() != null && secret.path() != null) {
            here.reject(
                    "path", "A secret is either a variable or a file: leave 'path' or 'var_name' out", secret.path());
            return false;
        }
        if (secret.path() == null) {
            return checkName(here, secret.varName()) & fine && checkLength(here, secret.varName(), secret.value());
        }
        return checkPath(here, secret.path()) & fine && checkFileSize(here, secret.value());
    }

    private static boolean checkName(Faults here, String name) {
        if (name == null) {
            here.missing("var_name");
            return false;
        }
        if (name.length() > LONGEST_NAME || !VARIABLE_NAME.matcher(name).matches()) {
            here.reject(
                    "var_name",
                    "The name of a variable has letters, digits and '_', does not begin with a digit, and has"
                            + " at most " + LONGEST_NAME + " characters",
                    name);
            return false;
        }
        return true;
    }

    private static boolean checkKey(Faults here, String key) {
        if (key == null) {
            here.missing("key");
            return false;
        }
        if (key.isBlank() || key.length() > LONGEST_NAME) {
            here.reject("key", "A key has 1 to " + LONGEST_NAME + " characters, and not only spaces", key);
            return false;
        }
        return true;
    }

    private static boolean checkLength(Faults here, String name, String value) {
        if (name.length() + 1 + utf8Length(value) > LONGEST_VARIABLE_BYTES) {
            here.reject(
                    "value",
                    "No process can be given a variable of more than " + LONGEST_VARIABLE_BYTES
                            + " bytes; make it a secret file");
            return false;
        }
        return true;
    }

    private static boolean checkFileSize(Faults here, String content) {
        if (utf8Length(content) > LARGEST_FILE_BYTES) {
            here.reject("value", "A secret file has at most " + LARGEST_FILE_BYTES + " bytes");
            return false;
        }
        return true;
    }

    private static int utf8Length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static boolean checkPath(Faults here, String path) {
        String fault = null;
        if (path.length() > LONGEST_PATH) {
            fault = "A path has at most " + LONGEST_PATH + " characters";
        } else if (!path.startsWith("/")) {
            fault = "The path must be absolute, as in '/etc/shop/token'";
        } else if (path.endsWith("/")) {
            fault = "The path names a directory; add the name of a file";
        } else if (path.chars().anyMatch(Character::isISOControl)) {
            fault = "The path must not contain control characters";
        } else if (Stream.of(path.substring(1).split("/", -1)).anyMatch(NOT_IN_PATHS::contains)) {
            fault = "The path must not contain '..', '.' or '//'";
        }
        if (fault != null) {
            here.reject("path", fault, path);
        }
        return fault == null;
    }

    private void checkUnusedName(Faults here, String name) {
        if (!varNames.add(name)) {
            here.reject(
                    "var_name", "'" + name + "' is stated twice among variables and secrets; keep one of them", name);
        }
    }

    private void checkUnused(Faults here, EnvironmentSecret secret) {
        if (!keys.add(secret.key())) {
            here.reject(
                    "key",
                    "The key '" + secret.key() + "' is stated twice; keys are unique in an environment",
                    secret.key());
        }
        if (secret.varName() != null) {
            checkUnusedName(here, secret.varName());
        }
        if (secret.path() != null) {
            checkFreePath(here, secret.path());
        }
    }

    private void checkFreePath(Faults here, String path) {
        for (String other : files) {
            if (other.equals(path)) {
                here.reject("path", "Two secrets cannot be the same file; give one of them another path", path);
                return;
            }
            if (other.startsWith(path + "/") || path.startsWith(other + "/")) {
                here.reject(
                        "path",
                        "'" + (path.length() < other.length() ? path : other)
                                + "' cannot be a file and a directory at once; give one of the secrets another path",
                        path);
                return;
            }
        }
        files.add(path);
    }
}
