package com.reliably.runner.github;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A run at GitHub, as the server's reference of it says: that is the URL of the run there, or the run's own id while it has
 * none.
 *
 * @param id         GitHub's number of the run
 * @param attempt    which of GitHub's attempts to run it: the first, unless the reference says another
 * @param repository as in {@code github.com/my-org/my-repo}, in small letters
 * @param url        of the run for people
 */
record GitHubReference(long id, int attempt, String repository, String url) {

    private static final String ATTEMPTS = "/attempts/";

    private static final Pattern RUN = Pattern.compile("(?:" + Dispatch.SCHEME
            + ")?(https?://([^/]+/[^/]+/[^/]+)/actions/runs/([0-9]{1,18})(?:" + ATTEMPTS + "([1-9][0-9]{0,3})|/.*)?)");

    /** What the reference says; empty where GitHub has no run of that name yet. */
    static Optional<GitHubReference> of(String reference) {
        Matcher run = RUN.matcher(reference == null ? "" : reference);
        return run.matches()
                ? Optional.of(new GitHubReference(
                        Long.parseLong(run.group(3)),
                        run.group(4) == null ? 1 : Integer.parseInt(run.group(4)),
                        run.group(2).toLowerCase(Locale.ROOT),
                        run.group(1)))
                : Optional.empty();
    }

    /** Where people see an attempt to run what is at this URL. */
    static String urlOf(String htmlUrl, int attempt) {
        return attempt == 1 ? htmlUrl : htmlUrl + ATTEMPTS + attempt;
    }
}
