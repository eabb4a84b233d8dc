package com.reliably.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.event.EventPage;
import com.reliably.event.EventPages;
import com.reliably.event.EventText;
import io.smallrye.mutiny.Uni;
import java.util.UUID;

/**
 * The log of a run for one client, line by line, from a place on. A line that is not complete waits for its end, unless
 * the run is over, or it is too long for a page: then it comes in pieces, each an event {@code part} but the last.
 */
final class RunLogFeed implements EventPages {

    private static final String PART = "part";
    /** About how long a page may become, in characters. */
    private static final int LONGEST = 128 * 1024;

    private final RunLogRepository repository;
    private final ObjectMapper json;
    private final UUID orgId;
    private final UUID runId;

    private LogPosition position;
    /** Whether nothing is left of the piece that the position is in, so that it need not be read again. */
    private boolean consumed;

    RunLogFeed(RunLogRepository repository, ObjectMapper json, UUID orgId, UUID runId, LogPosition position) {
        this.repository = repository;
        this.json = json;
        this.orgId = orgId;
        this.runId = runId;
        this.position = position;
    }

    @Override
    public Uni<EventPage> next() {
        long from = consumed ? position.firstByte() + 1 : position.firstByte();
        return repository.page(orgId, runId, from).map(this::write);
    }

    private EventPage write(RunLogRepository.Page page) {
        if (page == null) {
            // Deleted meanwhile.
            return new EventPage("", EventPage.After.END);
        }
        EventText text = new EventText();
        StringBuilder incomplete = new StringBuilder();
        for (RunLogRepository.Piece piece : page.pieces()) {
            writeLines(piece, incomplete, text);
            if (text.length() >= LONGEST) {
                return new EventPage(text.toString(), EventPage.After.AGAIN);
            }
        }
        if (text.length() > 0) {
            return new EventPage(text.toString(), EventPage.After.AGAIN);
        }
        if (!incomplete.isEmpty() && (page.full() || page.state().isFinal())) {
            RunLogRepository.Piece last = page.pieces().get(page.pieces().size() - 1);
            moveTo(last, last.text().length());
            text.event(position.toString(), page.full() ? PART : null, incomplete);
            return new EventPage(text.toString(), EventPage.After.AGAIN);
        }
        return page.state().isFinal() ? end(page) : new EventPage("", EventPage.After.WAIT);
    }

    /** Adds the lines that end in the piece, and keeps what is left of it. */
    private void writeLines(RunLogRepository.Piece piece, StringBuilder incomplete, EventText text) {
        String output = piece.text();
        int from = piece.firstByte() == position.firstByte() ? position.offset() : 0;
        int end = output.indexOf('\n', from);
        while (end >= 0 && text.length() < LONGEST) {
            incomplete.append(output, from, end);
            from = end + 1;
            moveTo(piece, from);
            text.event(position.toString(), null, withoutCarriageReturn(incomplete));
            incomplete.setLength(0);
            end = output.indexOf('\n', from);
        }
        incomplete.append(output, from, output.length());
    }

    private void moveTo(RunLogRepository.Piece piece, int offset) {
        position = new LogPosition(piece.firstByte(), offset);
        consumed = offset == piece.text().length();
    }

    private static CharSequence withoutCarriageReturn(StringBuilder line) {
        int last = line.length() - 1;
        return last >= 0 && line.charAt(last) == '\r' ? line.subSequence(0, last) : line;
    }

    private EventPage end(RunLogRepository.Page page) {
        RunLogEnd end = new RunLogEnd(page.state(), page.exitCode(), page.error());
        try {
            return new EventPage(
                    new EventText()
                            .event(LogPosition.END, "end", json.writeValueAsString(end))
                            .toString(),
                    EventPage.After.END);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The end of a run cannot be written", e);
        }
    }
}
