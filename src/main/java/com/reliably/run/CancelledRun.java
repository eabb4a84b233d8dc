package com.reliably.run;

import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A run whose end was asked for.
 *
 * @param state where it was when it was asked
 */
@Schema(name = "CancelledRun")
public record CancelledRun(
        UUID id,
        UUID planId,

        @Schema(description = "Its state at that moment; `pending` ones have been cancelled on the spot")
        RunState state) {}
