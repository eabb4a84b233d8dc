package com.reliably.runner.docker;

import java.time.Instant;
import java.util.Map;

/**
 * What a list of containers says of one.
 *
 * @param id     its id
 * @param labels its labels; never null
 * @param state  as in {@code created}, {@code running} or {@code exited}
 * @param made   by the engine's clock
 */
record ListedContainer(String id, Map<String, String> labels, String state, Instant made) {}
