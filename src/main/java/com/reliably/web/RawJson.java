package com.reliably.web;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * JSON that goes from the database to the wire as it is, without being read on the way.
 *
 * @param text JSON; {@code null} the text, not null the reference
 */
@Schema(name = "AnyObject", type = SchemaType.OBJECT, additionalProperties = Schema.True.class)
public record RawJson(
        @JsonValue @JsonRawValue @Schema(hidden = true) String text) {}
