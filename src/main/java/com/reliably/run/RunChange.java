package com.reliably.run;

import java.util.UUID;

/**
 * A run has come into a new state.
 *
 * @param runId   the run
 * @param planId  its plan
 * @param orgId   its organisation
 * @param from    the state before; null for a new run
 * @param to      the state now
 * @param error   why it failed, was lost or missed, for people; else null
 */
public record RunChange(UUID runId, UUID planId, UUID orgId, RunState from, RunState to, String error) {}
