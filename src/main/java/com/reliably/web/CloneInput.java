package com.reliably.web;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a copy is to be called. */
@Schema(name = "Clone")
public record CloneInput(
        @Schema(description = "The copy's name", examples = "staging cluster 2")
        @NotNull
        @Size(min = 1, max = 200, message = "String should have 1 to 200 characters")
        String name) {}
