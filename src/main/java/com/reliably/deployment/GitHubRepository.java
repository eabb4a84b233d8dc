package com.reliably.deployment;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A GitHub repository's full URL, and the names of what is inside it. */
final class GitHubRepository {

    private static final String EXAMPLE = "https://github.com/my-org/my-repo";
    private static final int LONGEST_URL = 400;
    private static final int LONGEST_REF = 240;
    private static final int LONGEST_DIRECTORY = 200;

    /** Host and perhaps port, owner, repository; the scheme may be left out. */
    private static final Pattern URL = Pattern.compile(
            "(?:https://)?([A-Za-z0-9._-]+(?::[0-9]{1,5})?)/([A-Za-z0-9][A-Za-z0-9_-]{0,38})/([A-Za-z0-9._-]{1,100})");
    /** The forms of git-clone(1), "GIT URLS", that name a repository by SSH, as GitHub's pages offer them. */
    private static final Pattern BY_SSH = Pattern.compile(
            "(?:ssh://git@([A-Za-z0-9._-]+)/|git@([A-Za-z0-9._-]+):/?)([^:@\\s]+)", Pattern.CASE_INSENSITIVE);
    /** git-check-ref-format(1). */
    private static final Pattern NOT_IN_REFS = Pattern.compile("[\\x00-\\x20\\x7f~^:?*\\[\\\\]|\\.\\.|@\\{|//");

    /** The action has a shell read it, unquoted. */
    private static final Pattern DIRECTORY = Pattern.compile("[A-Za-z0-9._][A-Za-z0-9._/-]*");

    private static final Set<String> NOT_IN_DIRECTORIES = Set.of("", ".", "..", ".git");

    private GitHubRepository() {}

    /**
     * Writes the repository's address as its URL with https, which is how it is worked with: of the forms that people copy
     * from GitHub's pages and from git's configuration. Anything else comes back as it is.
     *
     * @param address may be null
     */
    static String normalized(String address) {
        if (address == null || address.length() > LONGEST_URL) {
            return address;
        }
        String url = address.strip();
        Matcher ssh = BY_SSH.matcher(url);
        if (ssh.matches()) {
            url = "https://" + (ssh.group(1) == null ? ssh.group(2) : ssh.group(1)) + "/" + ssh.group(3);
        }
        if (url.regionMatches(true, 0, "https://", 0, 8)) {
            url = "https://" + url.substring(8);
        }
        if (url.regionMatches(true, 0, "https://www.github.com/", 0, 23)) {
            url = "https://github.com/" + url.substring(23);
        }
        while (url.endsWith("/")) {
            url = url.substring(0, url.length() - 1);
        }
        return URL.matcher(url).matches() ? url : address;
    }

    /**
     * What is wrong with a repository's URL; empty where nothing is.
     *
     * @param allowedHosts hosts (and perhaps ports) that the operator allows
     */
    static Optional<String> fault(String url, List<String> allowedHosts) {
        if (url.length() > LONGEST_URL) {
            return Optional.of("The URL has more than " + LONGEST_URL + " characters");
        }
        if (url.startsWith("http://")) {
            return Optional.of("The URL must begin with 'https://', as in '" + EXAMPLE + "'");
        }
        Matcher parts = URL.matcher(url);
        if (!parts.matches() || isNoName(parts.group(3))) {
            return Optional.of(
                    "Give the repository's full URL, without user, query or anything behind its name, as in '" + EXAMPLE
                            + "'");
        }
        String host = parts.group(1).toLowerCase(Locale.ROOT);
        if (allowedHosts.stream()
                .noneMatch(allowed -> allowed.strip().toLowerCase(Locale.ROOT).equals(host))) {
            return Optional.of("This server works with repositories on " + String.join(", ", allowedHosts)
                    + " only; its operator can allow more hosts in RELIABLY_GITHUB_ALLOWED_HOSTS");
        }
        return Optional.empty();
    }

    private static boolean isNoName(String name) {
        return Set.of("", ".", "..").contains(name.replaceFirst("\\.git$", ""));
    }

    /** The host of a repository's URL, and perhaps its port; empty where the URL has a {@link #fault}. */
    static String host(String url) {
        Matcher parts = URL.matcher(url);
        return parts.matches() ? parts.group(1).toLowerCase(Locale.ROOT) : "";
    }

    /** What is wrong with the name of a branch; empty where nothing is. */
    static Optional<String> refFault(String ref) {
        boolean malformed = ref.isEmpty()
                || ref.length() > LONGEST_REF
                || ref.equals("@")
                || ref.startsWith("-")
                || ref.startsWith("/")
                || ref.endsWith("/")
                || ref.endsWith(".")
                || NOT_IN_REFS.matcher(ref).find();
        for (String component : ref.split("/")) {
            malformed |= component.startsWith(".") || component.endsWith(".lock");
        }
        return malformed
                ? Optional.of(
                        "This is not the name of a branch that git would take; give one as in 'main' or 'team/chaos'")
                : Optional.empty();
    }

    /** What is wrong with the path of a directory inside a repository; empty where nothing is. */
    static Optional<String> directoryFault(String directory) {
        boolean malformed = directory.length() > LONGEST_DIRECTORY
                || !DIRECTORY.matcher(directory).matches();
        for (String component : directory.split("/", -1)) {
            malformed |= NOT_IN_DIRECTORIES.contains(component.toLowerCase(Locale.ROOT));
        }
        return malformed
                ? Optional.of(
                        "Give a directory inside the repository, of letters, digits, '.', '_', '-' and '/', without '/'"
                                + " first or last and without '..', as in 'plans' or 'chaos/plans'")
                : Optional.empty();
    }
}
