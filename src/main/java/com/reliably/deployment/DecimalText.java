package com.reliably.deployment;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.NumberDeserializers.DoubleDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import java.io.IOException;
import java.util.regex.Pattern;

/** Reads a decimal number, or its text, as Compose files have it for processors: {@code cpus: "0.50"}. */
final class DecimalText extends StdScalarDeserializer<Double> {

    private static final long serialVersionUID = 1L;
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}(?:\\.[0-9]{1,9})?|\\.[0-9]{1,9}");
    private static final DoubleDeserializer USUAL = new DoubleDeserializer(Double.class, null);

    DecimalText() {
        super(Double.class);
    }

    @Override
    public Double deserialize(JsonParser in, DeserializationContext context) throws IOException {
        if (in.hasToken(JsonToken.VALUE_STRING) && DECIMAL.matcher(in.getText()).matches()) {
            return Double.valueOf(in.getText());
        }
        return USUAL.deserialize(in, context);
    }
}
