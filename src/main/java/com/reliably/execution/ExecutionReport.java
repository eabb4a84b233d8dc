package com.reliably.execution;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.reliably.web.JsonText;
import com.reliably.web.PlainText;
import jakarta.validation.constraints.NotNull;
import java.io.IOException;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a client reports of an experiment, each time as a whole. */
@Schema(name = "ExecutionReport")
record ExecutionReport(
        @Schema(
                description = "The Chaos Toolkit's journal: an object, or a string of JSON",
                examples = "{\"status\": \"completed\", \"deviated\": false, \"run\": []}")
        @NotNull
        JsonText result,

        @Schema(nullable = true, description = "The plan that was run; it cannot be changed later")
        UUID planId,

        @Schema(nullable = true, description = "The client's log so far; what is stored stays where it is left out")
        @JsonDeserialize(using = AnyText.class)
        String log) {

    /** Text that must not be refused because a command printed a stray byte: what cannot be stored is replaced. */
    static final class AnyText extends StdScalarDeserializer<String> {

        AnyText() {
            super(String.class);
        }

        @Override
        public String deserialize(JsonParser in, DeserializationContext context) throws IOException {
            return in.hasToken(JsonToken.VALUE_STRING)
                    ? PlainText.repaired(in.getText())
                    : (String) context.handleUnexpectedToken(String.class, in);
        }
    }
}
