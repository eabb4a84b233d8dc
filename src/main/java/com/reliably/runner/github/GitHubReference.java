package com.reliably.runner.github;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** By what the server knows runs at GitHub: the URL of the run there, or the run's own id while it has none. */
final class GitHubReference {

    private static final Pattern RUN = Pattern.compile("/actions/runs/([0-9]{1,18})(?:/.*)?$");

    private GitHubReference() {}

    /** GitHub's number of the run; empty where the reference does not have it. */
    static Optional<Long> runOf(String reference) {
        Matcher number = RUN.matcher(reference == null ? "" : reference);
        return number.find() ? Optional.of(Long.parseLong(number.group(1))) : Optional.empty();
    }
}
