package com.reliably.runner.github.workflow;

import com.reliably.runner.github.workflow.YamlPlaces.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What is to be put in the place of parts of a text, or between them; everything else stays as it is. */
final class TextEdits {

    private final List<Edit> edits = new ArrayList<>();

    private record Edit(int start, int end, String text) {

        private boolean replaces(Place place) {
            return start <= place.start() && place.start() < end;
        }
    }

    /** Puts something before the character at a place, behind what was put there before. */
    void insert(int at, String what) {
        edits.add(new Edit(at, at, what));
    }

    /** Puts something in the place of the characters from one on, before another. */
    void replace(int start, int end, String what) {
        edits.add(new Edit(start, end, what));
    }

    /** Whether what stands at a place goes. */
    boolean replaces(Place place) {
        return edits.stream().anyMatch(edit -> edit.replaces(place));
    }

    /** The text with all of them; empty where some are to be in the same place. */
    Optional<String> appliedTo(String text) {
        // What is inserted comes before what is replaced at the same place, in its order.
        edits.sort(Comparator.comparingInt(Edit::start).thenComparingInt(Edit::end));
        StringBuilder result = new StringBuilder(text.length() * 2);
        int from = 0;
        for (Edit edit : edits) {
            if (edit.start() < from) {
                return Optional.empty();
            }
            result.append(text, from, edit.start()).append(edit.text());
            from = edit.end();
        }
        return Optional.of(result.append(text, from, text.length()).toString());
    }

    /** A scalar that means nothing but itself, in any style around it. */
    static String quoted(String value) {
        return "'" + value.replace("'", "''") + "'";
    }
}
