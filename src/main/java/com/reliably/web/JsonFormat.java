package com.reliably.web;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.deser.std.NumberDeserializers;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.UUID;

/**
 * How values look on the wire: snake_case members, times with microseconds and {@code Z}, nulls present. Input is
 * taken as it is: a number is not a string, a string is not a number, empty text is not an absent member, and text that
 * cannot be stored is refused.
 */
@Singleton
public final class JsonFormat implements ObjectMapperCustomizer {

    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    @Override
    public void customize(ObjectMapper mapper) {
        mapper.setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
        mapper.disable(MapperFeature.ALLOW_COERCION_OF_SCALARS);
        mapper.disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT);
        mapper.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        mapper.enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);
        // Jackson makes null of them, and a limit that is null is none.
        mapper.coercionConfigDefaults().setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail);
        for (LogicalType type : LogicalType.values()) {
            if (type != LogicalType.Textual) {
                mapper.coercionConfigFor(type).setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail);
            }
        }
        mapper.coercionConfigFor(LogicalType.Textual)
                .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
        mapper.coercionConfigFor(LogicalType.Enum).setCoercion(CoercionInputShape.Integer, CoercionAction.Fail);
        SimpleModule module = new SimpleModule("reliably");
        module.addSerializer(Instant.class, new InstantWithMicroseconds());
        module.addDeserializer(Instant.class, new TimeInRange());
        module.addDeserializer(UUID.class, new Identifier());
        module.addDeserializer(String.class, new StorableString());
        module.addDeserializer(Integer.class, new WholeNumber());
        mapper.registerModule(module);
    }

    /** After Quarkus' own customizers. */
    @Override
    public int priority() {
        return MINIMUM_PRIORITY;
    }

    /** The wire's form of a time. */
    public static String format(Instant time) {
        return MICROSECONDS.format(time);
    }

    private static final class InstantWithMicroseconds extends StdSerializer<Instant> {
        InstantWithMicroseconds() {
            super(Instant.class);
        }

        @Override
        public void serialize(Instant value, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeString(format(value));
        }
    }

    private static final class TimeInRange extends StdScalarDeserializer<Instant> {
        TimeInRange() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser in, DeserializationContext context) throws IOException {
            if (!in.hasToken(JsonToken.VALUE_STRING)) {
                return (Instant) context.handleUnexpectedToken(Instant.class, in);
            }
            String text = in.getText();
            return WireTime.parse(text)
                    .orElseThrow(() -> context.weirdStringException(
                            text, Instant.class, "not a date and time of the years 1900 to 9999"));
        }
    }

    /** Jackson's own makes null of empty text, and takes blanks around an id and its bytes in base64. */
    private static final class Identifier extends StdScalarDeserializer<UUID> {

        Identifier() {
            super(UUID.class);
        }

        @Override
        public UUID deserialize(JsonParser in, DeserializationContext context) throws IOException {
            if (!in.hasToken(JsonToken.VALUE_STRING)) {
                return (UUID) context.handleUnexpectedToken(UUID.class, in);
            }
            String text = in.getText();
            try {
                UUID id = UUID.fromString(text);
                // It takes shortened groups, too.
                if (id.toString().equalsIgnoreCase(text)) {
                    return id;
                }
            } catch (IllegalArgumentException malformed) {
                // Said below.
            }
            throw context.weirdStringException(text, UUID.class, "not a UUID");
        }
    }

    /** A whole number is one however it is written: clients in Python send {@code 2.0} where they mean 2. */
    private static final class WholeNumber extends StdScalarDeserializer<Integer> {

        private static final NumberDeserializers.IntegerDeserializer USUAL =
                new NumberDeserializers.IntegerDeserializer(Integer.class, null);

        WholeNumber() {
            super(Integer.class);
        }

        @Override
        public Integer deserialize(JsonParser in, DeserializationContext context) throws IOException {
            if (in.hasToken(JsonToken.VALUE_NUMBER_FLOAT)) {
                double value = in.getDoubleValue();
                if (value == Math.rint(value) && Math.abs(value) <= Integer.MAX_VALUE) {
                    return (int) value;
                }
            }
            return USUAL.deserialize(in, context);
        }
    }

    private static final class StorableString extends StdScalarDeserializer<String> {
        StorableString() {
            super(String.class);
        }

        @Override
        public String deserialize(JsonParser in, DeserializationContext context) throws IOException {
            if (!in.hasToken(JsonToken.VALUE_STRING)) {
                return (String) context.handleUnexpectedToken(String.class, in);
            }
            String text = in.getText();
            if (!PlainText.isStorable(text)) {
                // Jackson adds the way to this member.
                PlainText.check(text, List.of("body"));
            }
            return text;
        }
    }
}
