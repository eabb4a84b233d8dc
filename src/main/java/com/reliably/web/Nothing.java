package com.reliably.web;

import com.fasterxml.jackson.annotation.JsonValue;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The body {@code null}, which existing clients expect where there is nothing to say. */
@Schema(name = "Nothing", type = SchemaType.OBJECT, nullable = true, description = "There is nothing to say")
public final class Nothing {

    /** The only value. */
    public static final Nothing NOTHING = new Nothing();

    private Nothing() {}

    @JsonValue
    Object value() {
        return null;
    }
}
