package com.reliably.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * A test of something that a JDK brings: cryptography and TLS, time zones, sockets, files and processes, class files that are
 * read, what frameworks generate. CI runs it on each JDK, and all the others on one: {@code ./mvnw verify -Dgroups=jdk}.
 */
@Tag("jdk")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface OnEveryJdk {}
