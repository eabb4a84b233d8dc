package com.reliably.runner.github;

import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubFault;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jboss.logging.Logger;

/**
 * Sees to it that a run ends at GitHub: it is cancelled, and after a while by force, because steps may ignore that. What GitHub
 * refuses for the moment is asked for again. Used by one look at a time.
 */
final class RunEnding {

    private static final Logger LOG = Logger.getLogger(RunEnding.class);

    private static final Duration FORCED_AFTER = Duration.ofMinutes(2);

    private final Clock clock;
    private final long id;
    private final Duration pause;
    private Instant cancelledAt;
    private Instant notBefore = Instant.MIN;

    /**
     * @param id    GitHub's number of the run
     * @param pause until something is asked for again that was refused
     */
    RunEnding(Clock clock, long id, Duration pause) {
        this.clock = clock;
        this.id = id;
        this.pause = pause;
    }

    /**
     * Asks for the end, where it is time for that. What GitHub says to it does not keep anybody from seeing how the run goes on:
     * this does not fail for its sake.
     *
     * @param cancelledFor how long ago somebody asked for it first; zero where only this server wants it
     */
    Uni<Void> ask(GitHubApi api, Duration cancelledFor) {
        Instant now = clock.instant();
        boolean byForce = cancelledFor.compareTo(FORCED_AFTER) >= 0
                || cancelledAt != null && !now.isBefore(cancelledAt.plus(FORCED_AFTER));
        if (now.isBefore(notBefore) || !byForce && cancelledAt != null) {
            return Uni.createFrom().voidItem();
        }
        return api.change("POST", "/actions/runs/" + id + (byForce ? "/force-cancel" : "/cancel"), null)
                .invoke(() -> accepted(byForce))
                .replaceWithVoid()
                .onFailure(GitHubFault.class)
                .invoke(fault -> {
                    notBefore = clock.instant().plus(pause);
                    LOG.infof("GitHub's run %d is not cancelled, it is tried again: %s", id, fault.getMessage());
                })
                .onFailure(GitHubFault.class)
                .recoverWithNull();
    }

    private void accepted(boolean byForce) {
        if (byForce) {
            notBefore = clock.instant().plus(FORCED_AFTER);
        } else {
            cancelledAt = clock.instant();
        }
    }
}
