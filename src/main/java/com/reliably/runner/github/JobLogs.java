package com.reliably.runner.github;

import com.reliably.runner.RunnerEvent;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.api.GitHubJob;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The logs of a run's jobs, once. Each is fetched when the one before has been taken, so that no more than one of them is in
 * memory. A log that cannot be had is told instead, and never changes how the run ended.
 */
final class JobLogs {

    private static final Logger LOG = Logger.getLogger(JobLogs.class);

    /**
     * Bytes of a run's output after which no more logs are fetched; as much as the server keeps of a run's log where it is not
     * told otherwise.
     */
    static final int MOST_OUTPUT = 10 * 1024 * 1024;

    private static final byte[] NOTHING = {};
    private static final int MOST_TRIES = 3;
    /** How long the end of a run may wait for a rate limit, for the sake of its logs: as long as GitHub's own lasts, and more. */
    private static final Duration LONGEST_WAIT = Duration.ofHours(2);

    private static final Duration LONGEST_FIRST_PAUSE = Duration.ofSeconds(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final GitHubApi api;
    private final Duration pause;
    private final Clock clock;
    private final Instant waitsUntil;
    private boolean cut;

    /** @param pause before a log is asked for again; doubled each time */
    JobLogs(GitHubApi api, Duration pause, Clock clock) {
        this.api = api;
        // However seldom runs are looked at: the end waits for its logs.
        this.pause = pause.compareTo(LONGEST_FIRST_PAUSE) < 0 ? pause : LONGEST_FIRST_PAUSE;
        this.clock = clock;
        this.waitsUntil = clock.instant().plus(LONGEST_WAIT);
    }

    /** The logs of all jobs, in their order, as output that goes on where the telling is. Does not fail. */
    Multi<RunnerEvent> of(List<GitHubJob> jobs, Telling telling) {
        return Multi.createFrom().iterable(jobs).onItem().transformToMultiAndConcatenate(job -> Multi.createFrom()
                .deferred(() -> of(job, telling)));
    }

    private Multi<RunnerEvent> of(GitHubJob job, Telling telling) {
        if (cut) {
            return Multi.createFrom().empty();
        }
        long room = MOST_OUTPUT - telling.written();
        if (room <= 0) {
            return told(cutHere(), telling);
        }
        return (job.wasSkipped() ? Uni.createFrom().item(NOTHING) : fetched(job, (int) room, 1))
                .onItem()
                .transformToMulti(log -> Multi.createBy()
                        .concatenating()
                        .streams(
                                told("\n===== " + job.name() + " =====\n", telling),
                                Multi.createFrom()
                                        .iterable(() -> new LogPieces(log))
                                        .onItem()
                                        .transformToMultiAndConcatenate(piece -> told(piece, telling)),
                                Multi.createFrom()
                                        .deferred(() -> log.length < room
                                                ? Multi.createFrom().empty()
                                                : told(cutHere(), telling))));
    }

    private String cutHere() {
        cut = true;
        return "\n[reliably-server: of a run's logs " + MOST_OUTPUT / (1024 * 1024)
                + " MiB are fetched; GitHub has the rest]\n";
    }

    private static Multi<RunnerEvent> told(String text, Telling telling) {
        return Multi.createFrom().deferred(() -> {
            Optional<RunnerEvent> output = telling.output(text);
            return output.isPresent()
                    ? Multi.createFrom().item(output.get())
                    : Multi.createFrom().empty();
        });
    }

    private Uni<byte[]> fetched(GitHubJob job, int most, int tries) {
        return api.log(job.id(), most)
                // Of a job that has just ended GitHub may not have stored it yet.
                .chain(log -> log.length == 0 && job.hasBegun() && tries == 1
                        ? fetchedLater(job, most, tries)
                        : Uni.createFrom().item(log))
                .onFailure()
                .recoverWithUni(failure -> {
                    if (failure instanceof GitHubFault.Limited limit
                            && limit.until().isBefore(waitsUntil)) {
                        return after(Duration.between(clock.instant(), limit.until()))
                                .chain(() -> fetched(job, most, tries));
                    }
                    return failure instanceof GitHubFault.Unheard && tries < MOST_TRIES
                            ? fetchedLater(job, most, tries)
                            : Uni.createFrom().item(instead(job, failure));
                });
    }

    private Uni<byte[]> fetchedLater(GitHubJob job, int most, int tries) {
        return after(pause.multipliedBy(1L << tries)).chain(() -> fetched(job, most, tries + 1));
    }

    private static Uni<Void> after(Duration wait) {
        Duration longer = wait.compareTo(Duration.ZERO) > 0 ? wait.plusMillis(200) : Duration.ofMillis(200);
        Duration shorter = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
        return Uni.createFrom().voidItem().onItem().delayIt().by(shorter);
    }

    private byte[] instead(GitHubJob job, Throwable failure) {
        String why = "the server failed at it, and its own log says how";
        if (failure instanceof GitHubFault) {
            why = failure.getMessage();
        } else {
            LOG.warnf(failure, "The log of GitHub's job %d is left out", job.id());
        }
        return ("[reliably-server: this log is not to be had from GitHub: " + why + "]\n")
                .getBytes(StandardCharsets.UTF_8);
    }
}
