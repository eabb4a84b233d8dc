package com.reliably.answer;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * Hands a large answer over to {@link AnswerInPieces}. A {@code Multi} would be written without a bound in time, and its head
 * would go out before anybody knows whether there is anything to follow.
 */
@Provider
public final class LargeAnswerWriter implements ServerMessageBodyWriter<LargeAnswer> {

    private final AnswerMemory memory;

    LargeAnswerWriter(AnswerMemory memory) {
        this.memory = memory;
    }

    @Override
    public boolean isWriteable(
            Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return LargeAnswer.class.isAssignableFrom(type);
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return LargeAnswer.class.isAssignableFrom(type);
    }

    @Override
    public void writeResponse(LargeAnswer answer, Type genericType, ServerRequestContext context) {
        new AnswerInPieces(answer, (ResteasyReactiveRequestContext) context, memory).begin();
    }

    @Override
    public void writeTo(
            LargeAnswer answer,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream out) {
        throw new UnsupportedOperationException("Large answers are written without blocking");
    }
}
