package com.reliably.organization;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An organisation to create. */
@Schema(name = "OrganizationCreate")
record OrganizationInput(
        @Schema(description = "A taken name gets a suffix", examples = "Platform team")
        @NotNull
        @Size(min = 3, max = 64, message = "String should have 3 to 64 characters")
        String name) {}
