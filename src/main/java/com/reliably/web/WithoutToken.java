package com.reliably.web;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * An endpoint below {@code /api} that nobody needs a token for, because those who call it can send none. It finds out by
 * itself who calls, by what is in the request, and reads the body by itself ({@link SmallBody}): strangers call it, too. A
 * test names all that there are.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface WithoutToken {

    /** The largest body that it takes, in bytes. */
    int largestBody();
}
