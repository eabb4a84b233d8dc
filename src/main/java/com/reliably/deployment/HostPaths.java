package com.reliably.deployment;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Paths of an engine's host, and paths inside its containers. */
final class HostPaths {

    private static final int LONGEST = 1000;
    private static final Set<String> STEPS = Set.of(".", "..");

    /** Whoever has one of these, or a directory around it, has the host. */
    private static final List<String> NEVER = List.of(
            "/etc",
            "/proc",
            "/sys",
            "/dev",
            "/boot",
            "/run",
            "/var/run",
            "/var/lib/docker",
            "/var/lib/containerd",
            "/var/lib/containers",
            "/var/lib/kubelet");

    private HostPaths() {}

    /** What is wrong with a path that must be absolute and mean what it says; empty where nothing is. */
    static Optional<String> absoluteFault(String text) {
        if (!text.startsWith("/")) {
            return Optional.of("The path must be absolute, as in '/srv/chaos'");
        }
        if (text.length() > LONGEST) {
            return Optional.of("A path has at most " + LONGEST + " characters");
        }
        if (text.indexOf(':') >= 0) {
            return Optional.of("The path must not contain ':', which separates paths for a container engine");
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            return Optional.of("The path must not contain control characters");
        }
        for (String component : text.split("/")) {
            if (STEPS.contains(component)) {
                return Optional.of("The path must not contain '.' or '..'; write out where it leads");
            }
        }
        return Optional.empty();
    }

    /**
     * What is wrong with a path of the host that is to be mounted; empty where nothing is.
     *
     * @param roots the directories below which the operator allows volumes
     */
    static Optional<String> volumeFault(String text, List<String> roots) {
        Optional<String> fault = absoluteFault(text);
        if (fault.isPresent()) {
            return fault;
        }
        String path = normalized(text);
        if (opensTheHost(path)) {
            return Optional.of("This path opens the host to the container and is never mounted; mount a directory that"
                    + " holds data only");
        }
        if (roots.isEmpty()) {
            return Optional.of("This server allows no volumes; its operator can name directories for them in"
                    + " RELIABLY_DOCKER_ALLOWED_VOLUME_ROOTS");
        }
        if (roots.stream().map(HostPaths::normalized).noneMatch(root -> isAtOrBelow(path, root))) {
            return Optional.of("This server allows volumes below " + String.join(", ", roots)
                    + " only; its operator can allow more in RELIABLY_DOCKER_ALLOWED_VOLUME_ROOTS");
        }
        return Optional.empty();
    }

    /** What is wrong with a path inside a container that a volume is to be seen at; empty where nothing is. */
    static Optional<String> bindFault(String text) {
        Optional<String> fault = absoluteFault(text);
        return fault.isEmpty() && normalized(text).equals("/")
                ? Optional.of("A volume cannot take the place of the container's root; name a directory below it")
                : fault;
    }

    /** The text less all slashes at its end. A pattern would look at each run of slashes as often as it is long. */
    static String withoutSlashesAtEnd(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == '/') {
            end--;
        }
        return text.substring(0, end);
    }

    private static boolean opensTheHost(String path) {
        return path.endsWith(".sock")
                || NEVER.stream().anyMatch(never -> isAtOrBelow(path, never) || isAtOrBelow(never, path));
    }

    private static boolean isAtOrBelow(String path, String directory) {
        return path.equals(directory) || path.startsWith(directory.endsWith("/") ? directory : directory + "/");
    }

    /** Without repeated slashes, and without one at the end; the root stays as it is. */
    private static String normalized(String path) {
        String single = path.strip().replaceAll("/+", "/");
        return single.length() > 1 && single.endsWith("/") ? single.substring(0, single.length() - 1) : single;
    }
}
