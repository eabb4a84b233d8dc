package com.reliably.web;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import java.io.IOException;
import java.io.StringWriter;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A member that is JSON inside of a string (which is how existing clients send it) or the JSON itself. Either way this
 * is its text, which nobody has looked into yet: it may not be JSON at all.
 *
 * @param text not null
 */
@Schema(
        name = "JsonText",
        description = "JSON, either as it is or inside of a string",
        anyOf = {String.class, RawJson.class})
@JsonDeserialize(using = JsonText.Reader.class)
public record JsonText(@Schema(hidden = true) String text) {

    static final class Reader extends StdDeserializer<JsonText> {
        Reader() {
            super(JsonText.class);
        }

        @Override
        public JsonText deserialize(JsonParser in, DeserializationContext context) throws IOException {
            if (in.hasToken(JsonToken.VALUE_STRING)) {
                return new JsonText(in.getText());
            }
            StringWriter text = new StringWriter();
            try (JsonGenerator out = in.getCodec().getFactory().createGenerator(text)) {
                out.copyCurrentStructureExact(in);
            } catch (NumberFormatException e) {
                // An exponent that no BigDecimal has.
                return (JsonText)
                        context.reportInputMismatch(JsonText.class, "A number is too large, or too close to zero");
            }
            return new JsonText(text.toString());
        }
    }
}
