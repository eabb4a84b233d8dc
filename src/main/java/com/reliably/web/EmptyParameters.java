package com.reliably.web;

import jakarta.inject.Singleton;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.ext.ParamConverter;
import java.lang.reflect.Field;
import java.lang.reflect.Parameter;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses empty text in the place of an id, a number, a time or a choice of a query, as in {@code ?plan_id=}. Quarkus REST takes it
 * for a parameter that was left out, and a limit that was left out is none.
 */
@Singleton
public final class EmptyParameters {

    private static final ParameterConverters CONVERTERS = new ParameterConverters();

    @ServerRequestFilter(priority = Priorities.USER)
    void refuse(ResourceInfo endpoint, UriInfo uri) {
        uri.getQueryParameters().forEach((name, values) -> {
            if (values.contains("")) {
                refuse(endpoint, name);
            }
        });
    }

    private static void refuse(ResourceInfo endpoint, String name) {
        for (Parameter parameter : endpoint.getResourceMethod().getParameters()) {
            read(name, parameter.getAnnotation(QueryParam.class), parameter.getType());
            if (parameter.isAnnotationPresent(BeanParam.class)) {
                for (Field field : parameter.getType().getDeclaredFields()) {
                    read(name, field.getAnnotation(QueryParam.class), field.getType());
                }
            }
        }
    }

    /** The converter says what would be right. */
    private static void read(String name, QueryParam parameter, Class<?> type) {
        if (parameter != null && parameter.value().equals(name)) {
            ParamConverter<?> converter = CONVERTERS.getConverter(type, type, new QueryParam[] {parameter});
            if (converter != null) {
                converter.fromString("");
            }
        }
    }
}
