package com.reliably.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.answer.LargeAnswer;
import com.reliably.event.EventPages;
import com.reliably.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;

/** Lets people follow the logs of runs, whichever server has the run. */
@ApplicationScoped
class RunLogs {

    private final RunLogRepository repository;
    private final ObjectMapper json;

    RunLogs(RunLogRepository repository, ObjectMapper json) {
        this.repository = repository;
        this.json = json;
    }

    /** All that a run has printed so far; fails with a 404 where the organization has no such run. */
    Uni<LargeAnswer> whole(UUID orgId, UUID runId) {
        return repository
                .page(orgId, runId, 0)
                .onItem()
                .ifNull()
                .failWith(RunLogs::unknown)
                .map(first -> RunLogText.from(repository, orgId, runId, first));
    }

    /**
     * Follows a log.
     *
     * @param lastEventId the last event that the client has got; null to begin with the first line
     * @return null where the client has everything, and the run is over
     */
    Uni<EventPages> follow(UUID orgId, UUID runId, String lastEventId) {
        boolean ended = lastEventId != null && lastEventId.strip().equals(LogPosition.END);
        LogPosition position = lastEventId == null || ended ? LogPosition.BEGINNING : LogPosition.parse(lastEventId);
        return repository
                .page(orgId, runId, position.firstByte())
                .onItem()
                .ifNull()
                .failWith(RunLogs::unknown)
                .map(page -> {
                    if (ended) {
                        demandEnd(page.state());
                        return null;
                    }
                    demandPlace(page.pieces(), position);
                    return new RunLogFeed(repository, json, orgId, runId, position);
                });
    }

    private static ProblemException unknown() {
        return ProblemException.notFound("No run of this organization has this id.");
    }

    private static void demandEnd(RunState state) {
        if (!state.isFinal()) {
            throw ProblemException.badRequest(
                    "The header Last-Event-ID says that the log was read to its end, but this run has not ended; leave"
                            + " the header out to begin with the first line.");
        }
    }

    private static void demandPlace(List<RunLogRepository.Piece> pieces, LogPosition position) {
        boolean known = position.equals(LogPosition.BEGINNING)
                || !pieces.isEmpty()
                        && pieces.get(0).firstByte() == position.firstByte()
                        && position.offset() <= pieces.get(0).text().length();
        if (!known) {
            throw ProblemException.badRequest("The header Last-Event-ID names a place that the log of this run does not"
                    + " have; leave it out to begin with the first line.");
        }
    }
}
