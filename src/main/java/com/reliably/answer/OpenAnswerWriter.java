package com.reliably.answer;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * A writer that only begins an answer, which an {@link OpenAnswer} then carries on. A {@code Multi} would be written without a
 * bound in time, and its head would go out before anybody knows whether there is anything to follow.
 *
 * @param <T> what an endpoint returns
 */
public abstract class OpenAnswerWriter<T> implements ServerMessageBodyWriter<T> {

    private final Class<T> type;

    /** A writer of what is of this type. */
    protected OpenAnswerWriter(Class<T> type) {
        this.type = type;
    }

    /** Begins the answer, on the request's context. */
    protected abstract void begin(T answer, ResteasyReactiveRequestContext request);

    @Override
    public final boolean isWriteable(
            Class<?> other, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return type.isAssignableFrom(other);
    }

    @Override
    public final boolean isWriteable(Class<?> other, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return type.isAssignableFrom(other);
    }

    @Override
    public final void writeResponse(T answer, Type genericType, ServerRequestContext context) {
        begin(answer, (ResteasyReactiveRequestContext) context);
    }

    @Override
    public final void writeTo(
            T answer,
            Class<?> ofType,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream out) {
        throw new UnsupportedOperationException("It is written without blocking");
    }
}
