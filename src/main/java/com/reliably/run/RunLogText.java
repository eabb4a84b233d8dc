package com.reliably.run;

import com.reliably.answer.LargeAnswer;
import com.reliably.answer.Pieces;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/** The log of a run as far as there is one: page after page, until one has nothing. It only ever grows, so nothing tears. */
final class RunLogText implements Pieces {

    /** A page as text, and as bytes, of up to three to a character. */
    private static final long MEMORY = 8L * Pieces.LARGEST;

    private final RunLogRepository repository;
    private final UUID orgId;
    private final UUID runId;
    private RunLogRepository.Page next;

    private RunLogText(RunLogRepository repository, UUID orgId, UUID runId, RunLogRepository.Page first) {
        this.repository = repository;
        this.orgId = orgId;
        this.runId = runId;
        this.next = first;
    }

    /** The whole log, whose first page has been read. */
    static LargeAnswer from(RunLogRepository repository, UUID orgId, UUID runId, RunLogRepository.Page first) {
        return first.full()
                ? new LargeAnswer(orgId, -1, MEMORY, new RunLogText(repository, orgId, runId, first))
                : LargeAnswer.small(orgId, bytes(first));
    }

    @Override
    public Uni<byte[]> next() {
        RunLogRepository.Page page = next;
        if (page == null || page.pieces().isEmpty()) {
            return Uni.createFrom().nullItem();
        }
        byte[] piece = bytes(page);
        List<RunLogRepository.Piece> pieces = page.pieces();
        next = null;
        return repository
                .page(orgId, runId, pieces.get(pieces.size() - 1).firstByte() + 1)
                .invoke(read -> next = read)
                .replaceWith(piece);
    }

    private static byte[] bytes(RunLogRepository.Page page) {
        StringBuilder text = new StringBuilder();
        page.pieces().forEach(piece -> text.append(piece.text()));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
