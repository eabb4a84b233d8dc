package com.reliably.run;

import com.reliably.runner.RunnerEvent.Output;
import com.reliably.secret.SecretMask;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Masks secrets in the output of a run, also where one begins in a piece and ends in a later one: pieces at whose end
 * something begins that may be a secret are held back until more has come. What is held back counts as not read: whoever
 * follows the run after this server reads it again. Not thread-safe.
 */
final class MaskedOutput {

    private final List<Output> held = new ArrayList<>();
    /** How many characters at the beginning of what is held belong to a secret whose mask was passed on. */
    private int alreadyMasked;

    /**
     * Takes a piece of output.
     *
     * @return what can be passed on by now, pieces that were held back among it; empty where all is held back
     */
    Optional<Output> take(Output piece, SecretMask mask) {
        if (!held.isEmpty() && held.get(held.size() - 1).nextByte() != piece.firstByte()) {
            // It is being read again, from where it was passed on.
            forget();
        }
        if (held.isEmpty() && !mask.mayChange(piece.text())) {
            return Optional.of(piece);
        }
        held.add(piece);
        return pass(mask, false);
    }

    /** What is held back, when nothing more will come; empty where that is nothing. */
    Optional<Output> rest(SecretMask mask) {
        return held.isEmpty() ? Optional.empty() : pass(mask, true);
    }

    private Optional<Output> pass(SecretMask mask, boolean all) {
        StringBuilder text = new StringBuilder();
        held.forEach(piece -> text.append(piece.text()));
        SecretMask.Looked looked = mask.look(text.toString());
        int pieces = 0;
        int end = 0;
        // Only whole pieces: where a part of one stands in the engine's output is not known.
        while (pieces < held.size() && (all || end + held.get(pieces).text().length() <= looked.sure())) {
            end += held.get(pieces++).text().length();
        }
        if (pieces == 0) {
            return Optional.empty();
        }
        int begin = Math.min(alreadyMasked, end);
        Output passed = new Output(held.get(0).firstByte(), held.get(pieces - 1).nextByte(), looked.masked(begin, end));
        alreadyMasked = Math.max(alreadyMasked, looked.endOfSecretAt(end)) - end;
        held.subList(0, pieces).clear();
        return Optional.of(passed);
    }

    private void forget() {
        held.clear();
        alreadyMasked = 0;
    }
}
