package com.reliably.web;

/** How a jsonb column is mapped to a String of JSON, for {@code @ColumnTransformer}. */
public final class JsonColumn {

    public static final String READ_PREFIX = "cast(";
    public static final String READ_SUFFIX = " as text)";
    /** By way of text: the client would send the String of a jsonb parameter as a JSON string. */
    public static final String WRITE = "cast(cast(? as text) as jsonb)";

    private JsonColumn() {}
}
