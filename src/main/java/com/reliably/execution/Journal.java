package com.reliably.execution;

import java.time.Instant;
import java.util.UUID;

/**
 * A journal that can be stored, and what is kept of it beside it.
 *
 * @param json      the journal itself
 * @param summary   what lists show of it, as JSON
 * @param status    how it ended; null while it runs, or where that is none of the ways known
 * @param deviated  whether the steady state was lost; null where the journal does not say
 * @param startedAt null where the journal does not say
 * @param runId     the run that its client was told to be of; null where it was told nothing
 */
record Journal(String json, String summary, Outcome status, Boolean deviated, Instant startedAt, UUID runId) {}
