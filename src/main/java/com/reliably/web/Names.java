package com.reliably.web;

import com.reliably.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import org.hibernate.exception.ConstraintViolationException;

/** Names that must be unique in an organisation. The database decides; this says it in words. */
public final class Names {

    private Names() {}

    /** The same, failing with a 409 where a unique constraint was violated. */
    public static <T> Uni<T> taken(Uni<T> stored, String kind, String name) {
        return stored.onFailure(ConstraintViolationException.class)
                .transform(e -> ProblemException.conflict("A " + kind + " named '" + name
                        + "' already exists in this organization; choose another name."));
    }
}
