package com.reliably.halt;

import jakarta.validation.constraints.Size;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Why an organisation is halted. */
@Schema(name = "HaltCreate")
record HaltInput(
        @Schema(
                nullable = true,
                description = "For people who find that nothing runs",
                examples = "Incident 4711: the checkout is down")
        @Size(max = 500, message = "String should have at most 500 characters")
        String reason) {}
