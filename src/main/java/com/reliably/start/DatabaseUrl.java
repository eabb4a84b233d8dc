package com.reliably.start;

import java.util.Optional;

/**
 * Where the database is, in the two forms that the server needs: for the reactive client, and for Flyway over JDBC.
 * Either is made from the other, so that the operator has to give only one.
 *
 * @param reactive {@code postgresql://host:port/database?…}
 * @param jdbc     {@code jdbc:postgresql://host:port/database?…}
 */
record DatabaseUrl(String reactive, String jdbc) {

    private static final String VERTX_PREFIX = "vertx-reactive:";

    /** What the operator configured; empty where nothing is. */
    static Optional<DatabaseUrl> configured() {
        Optional<String> reactive = Setting.of("QUARKUS_DATASOURCE_REACTIVE_URL", "quarkus.datasource.reactive.url");
        Optional<String> jdbc = Setting.of("QUARKUS_DATASOURCE_JDBC_URL", "quarkus.datasource.jdbc.url");
        if (reactive.isEmpty() && jdbc.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(of(reactive.orElse(null), jdbc.orElse(null)));
    }

    /** Completes the pair; one of the two may be null. */
    static DatabaseUrl of(String reactive, String jdbc) {
        String bare = reactive == null ? null : withoutPrefix(reactive);
        if (bare == null) {
            if (!jdbc.startsWith("jdbc:postgresql://")) {
                throw new StartFailure("QUARKUS_DATASOURCE_JDBC_URL must look like jdbc:postgresql://host:5432/database");
            }
            return new DatabaseUrl(jdbc.substring("jdbc:".length()), jdbc);
        }
        if (!bare.startsWith("postgresql://") && !bare.startsWith("postgres://")) {
            throw new StartFailure("QUARKUS_DATASOURCE_REACTIVE_URL must look like postgresql://host:5432/database");
        }
        if (jdbc != null) {
            return new DatabaseUrl(bare, jdbc);
        }
        return new DatabaseUrl(bare, "jdbc:postgresql://" + bare.substring(bare.indexOf("://") + 3));
    }

    private static String withoutPrefix(String url) {
        return url.startsWith(VERTX_PREFIX) ? url.substring(VERTX_PREFIX.length()) : url;
    }
}
