package com.reliably.access;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Who may call an endpoint. Every endpoint below {@code /api} has it (a test sees to that); {@link AccessFilter}
 * enforces it.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Permit {

    /** The least right a token needs. */
    Right value();

    /**
     * Whether the client that runs a plan needs this endpoint, so that the token of a run may call it, for what belongs
     * to its plan.
     */
    boolean run() default false;
}
