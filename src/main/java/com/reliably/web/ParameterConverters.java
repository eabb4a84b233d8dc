package com.reliably.web;

import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.ext.ParamConverter;
import jakarta.ws.rs.ext.ParamConverterProvider;
import jakarta.ws.rs.ext.Provider;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.BiFunction;

/** Reads identifiers, numbers and times of paths and queries, and says which one is malformed: a 422, not a bare 404. */
@Provider
public final class ParameterConverters implements ParamConverterProvider {

    @Override
    @SuppressWarnings("unchecked")
    public <T> ParamConverter<T> getConverter(Class<T> rawType, Type genericType, Annotation[] annotations) {
        List<Object> loc = locate(annotations);
        if (rawType == UUID.class) {
            return (ParamConverter<T>) new Converter<>(loc, ParameterConverters::toUuid);
        }
        if (rawType == int.class || rawType == Integer.class) {
            return (ParamConverter<T>) new Converter<>(loc, ParameterConverters::toInt);
        }
        if (rawType == long.class || rawType == Long.class) {
            return (ParamConverter<T>) new Converter<>(loc, ParameterConverters::toLong);
        }
        if (rawType == Boolean.class) {
            return (ParamConverter<T>) new Converter<>(loc, ParameterConverters::toBoolean);
        }
        if (rawType == Instant.class) {
            return (ParamConverter<T>) new Converter<>(loc, ParameterConverters::toInstant);
        }
        return null;
    }

    private static List<Object> locate(Annotation[] annotations) {
        for (Annotation annotation : annotations) {
            if (annotation instanceof PathParam path) {
                return List.of("path", path.value());
            }
            if (annotation instanceof QueryParam query) {
                return List.of("query", query.value());
            }
        }
        return List.of("query");
    }

    private static UUID toUuid(String text, List<Object> loc) {
        UUID id;
        try {
            id = UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(Fault.of("uuid_parsing", loc, "Input should be a valid UUID", text));
        }
        // UUID.fromString takes shortened groups; nothing else does.
        if (!id.toString().equalsIgnoreCase(text)) {
            throw ProblemException.invalid(Fault.of("uuid_parsing", loc, "Input should be a valid UUID", text));
        }
        if (id.version() != 4) {
            throw ProblemException.invalid(Fault.of("uuid_version", loc, "UUID version 4 expected", text));
        }
        return id;
    }

    private static Integer toInt(String text, List<Object> loc) {
        long value = toLong(text, loc);
        return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, value));
    }

    private static Long toLong(String text, List<Object> loc) {
        try {
            return Long.valueOf(text.trim());
        } catch (NumberFormatException e) {
            throw ProblemException.invalid(Fault.of(
                    "int_parsing", loc, "Input should be a valid integer, unable to parse string as an integer", text));
        }
    }

    private static Boolean toBoolean(String text, List<Object> loc) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw ProblemException.invalid(Fault.of("bool_parsing", loc, "Input should be true or false", text));
        };
    }

    private static Instant toInstant(String text, List<Object> loc) {
        return WireTime.parseDateOrTime(text)
                .orElseThrow(() -> ProblemException.invalid(Fault.of(
                        "datetime_parsing",
                        loc,
                        "Input should be a date as in 2030-12-31, or a date and time as in 2030-12-31T23:59:59Z",
                        text)));
    }

    private record Converter<T>(List<Object> loc, BiFunction<String, List<Object>, T> read)
            implements ParamConverter<T> {

        @Override
        public T fromString(String value) {
            return value == null ? null : read.apply(value, loc);
        }

        @Override
        public String toString(T value) {
            return value.toString();
        }
    }
}
