package com.reliably.plan;

import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import java.util.List;

/** Orders of the list of plans. */
enum PlanSort {
    /** Latest first. */
    CREATION("createdAt desc, id"),
    /** By title, whatever its case; those without one last. */
    TITLE("lower(title) nulls last, createdAt desc, id"),
    /** The one that this server fires next first; those that it does not fire last. */
    NEXT("nextFireAt nulls last, createdAt desc, id"),
    /** The one that was executed last first; those that never were last. */
    LAST(null);

    private final String orderBy;

    PlanSort(String orderBy) {
        this.orderBy = orderBy;
    }

    /** For HQL; null where the order is that of {@link PlansByLastExecution}. */
    String orderBy() {
        return orderBy;
    }

    /** Reads the query parameter {@code sort}; called by the HTTP layer. */
    public static PlanSort fromString(String text) {
        for (PlanSort sort : values()) {
            if (sort.name().toLowerCase(java.util.Locale.ROOT).equals(text)) {
                return sort;
            }
        }
        throw ProblemException.invalid(Fault.of(
                "literal_error",
                List.of("query", "sort"),
                "Input should be 'creation', 'title', 'next' or 'last'",
                text));
    }
}
