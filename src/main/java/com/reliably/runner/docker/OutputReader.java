package com.reliably.runner.docker;

import com.reliably.runner.RunnerEvent.Output;
import com.reliably.secret.Mask;
import com.reliably.web.PlainText;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes pieces of whole lines of what a container printed, and knows where in its output each one stands.
 *
 * <p>The engine sends standard output and error in frames: eight bytes (which of the two, three zeros, the length), then
 * so many bytes. Positions count the latter only. An engine keeps the output from the beginning, so that reading it again and
 * skipping what was read before leads to the same place, whoever reads. Not thread-safe.
 */
final class OutputReader {

    private static final int HEADER = 8;
    private static final int LONGEST_PIECE = 64 * 1024;

    private long position;
    private long passed;
    private Buffer frames = Buffer.buffer();
    private int restOfFrame;
    private Buffer line = Buffer.buffer();
    private String token = "";

    /** Begins to read at this byte of the output. */
    OutputReader(long position) {
        this.position = position;
    }

    /** The run's token, which is never shown. */
    void hide(String secret) {
        token = secret;
    }

    /** What comes next comes from the beginning of the output. */
    void fromTheBeginning() {
        passed = 0;
        restOfFrame = 0;
        frames = Buffer.buffer();
        line = Buffer.buffer();
    }

    /** Takes what the engine sent, and returns the pieces that are complete by now. */
    List<Output> take(Buffer sent) {
        frames.appendBuffer(sent);
        int at = 0;
        while (true) {
            if (restOfFrame == 0) {
                if (frames.length() - at < HEADER) {
                    break;
                }
                restOfFrame = frames.getInt(at + 4);
                at += HEADER;
            }
            int some = Math.min(restOfFrame, frames.length() - at);
            if (some <= 0) {
                break;
            }
            content(frames, at, at + some);
            at += some;
            restOfFrame -= some;
        }
        frames = frames.getBuffer(at, frames.length());
        return pieces(false);
    }

    /** Everything that is left, once the engine has said that there is no more. */
    List<Output> rest() {
        return pieces(true);
    }

    private void content(Buffer from, int start, int end) {
        int skipped = (int) Math.min(Math.max(0, position - passed), end - start);
        passed += end - start;
        line.appendBuffer(from, start + skipped, end - start - skipped);
    }

    private List<Output> pieces(boolean all) {
        List<Output> pieces = new ArrayList<>();
        int at = 0;
        while (at < line.length()) {
            int end = endOfPiece(at, all);
            if (end == at) {
                break;
            }
            String text = PlainText.repaired(new String(line.getBytes(at, end), StandardCharsets.UTF_8));
            pieces.add(
                    new Output(position, position + end - at, token.isEmpty() ? text : text.replace(token, Mask.MASK)));
            position += end - at;
            at = end;
        }
        line = at == 0 ? line : line.getBuffer(at, line.length());
        return pieces;
    }

    /** Behind the last whole line that fits; within a line only where it is too long, or nothing more will come. */
    private int endOfPiece(int start, boolean all) {
        int latest = Math.min(line.length(), start + LONGEST_PIECE);
        for (int end = latest; end > start; end--) {
            if (line.getByte(end - 1) == '\n') {
                return end;
            }
        }
        if (latest - start < LONGEST_PIECE) {
            return all ? latest : start;
        }
        // Not within a character: those bytes that continue one begin with 10.
        int end = latest;
        while (end > latest - 4 && end < line.length() && (line.getByte(end) & 0xC0) == 0x80) {
            end--;
        }
        return end;
    }
}
