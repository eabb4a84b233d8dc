package com.reliably.runner;

import java.util.UUID;

/**
 * Something of a run that this server finds at its engine.
 *
 * @param runId     the run
 * @param attempt   the attempt to launch it that made this
 * @param reference by which the engine knows it
 */
public record Leftover(UUID runId, int attempt, String reference) {}
