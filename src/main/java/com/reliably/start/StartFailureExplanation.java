package com.reliably.start;

import io.quarkus.runtime.QuarkusBindException;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValidationException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.flywaydb.core.api.FlywayException;

/** Says in the operator's words why Quarkus did not start. */
final class StartFailureExplanation {

    private static final String WHERE = "QUARKUS_DATASOURCE_REACTIVE_URL";

    private StartFailureExplanation() {}

    /** The explanation; empty where the failure is not one that an operator can be expected to cause. */
    static Optional<String> of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = next(cause)) {
            Optional<String> explanation = explain(cause);
            if (explanation.isPresent()) {
                return explanation;
            }
        }
        return Optional.empty();
    }

    private static Throwable next(Throwable cause) {
        return cause.getCause() == cause ? null : cause.getCause();
    }

    private static Optional<String> explain(Throwable cause) {
        if (cause instanceof StartFailure
                || cause instanceof ConfigurationException
                || cause instanceof ConfigValidationException) {
            return Optional.of(cause.getMessage());
        }
        if (cause instanceof QuarkusBindException taken) {
            return Optional.of(
                    "port " + taken.getPort() + " of " + taken.getHost() + " is in use by another process, or may"
                            + " not be listened on; stop that process, or choose another port with QUARKUS_HTTP_PORT");
        }
        if (cause instanceof SQLException late && late.getCause() instanceof TimeoutException) {
            return Optional.of("the database does not answer; " + WHERE + " says where it is: " + late.getMessage());
        }
        if (cause instanceof SQLException refused && refused.getSQLState() != null) {
            return ofDatabase(refused);
        }
        if (cause instanceof FlywayException && !(cause.getCause() instanceof SQLException)) {
            return Optional.of(ofSchema(String.valueOf(cause.getMessage())));
        }
        return Optional.empty();
    }

    /** In own words: the advice of the library, to repair its table, would have an old server write to a newer schema. */
    private static String ofSchema(String message) {
        if (message.contains("not resolved locally")) {
            return "the database was migrated by a newer version of this server, or by another build of it; start that version,"
                    + " or restore the backup that was made before it was. Do not touch the table flyway_schema_history: "
                    + withoutAdvice(message);
        }
        if (message.contains("checksum mismatch")) {
            return "the database was migrated by another build of this server, whose migrations differ from this one's; start"
                    + " the build that was used, or restore a backup. Do not touch the table flyway_schema_history: "
                    + withoutAdvice(message);
        }
        return "the schema of the database cannot be migrated: " + withoutAdvice(message);
    }

    private static String withoutAdvice(String message) {
        return message.lines()
                .flatMap(line -> Arrays.stream(line.split("(?<=\\.) ")))
                .filter(sentence ->
                        !sentence.toLowerCase(Locale.ROOT).contains("repair") && !sentence.contains("https://"))
                .map(String::strip)
                .filter(sentence -> !sentence.isEmpty())
                .collect(Collectors.joining(" "));
    }

    /** By class of SQLSTATE (PostgreSQL's manual, appendix A). */
    private static Optional<String> ofDatabase(SQLException refused) {
        String message = refused.getMessage();
        return switch (refused.getSQLState().substring(0, 2)) {
            case "08" -> Optional.of("the database cannot be reached; " + WHERE + " says where it is: " + message);
            case "28" ->
                Optional.of("the database refuses the user or the password; see QUARKUS_DATASOURCE_USERNAME and"
                        + " QUARKUS_DATASOURCE_PASSWORD: " + message);
            case "3D" -> Optional.of("the server of " + WHERE + " has no such database: " + message);
            case "42" ->
                Optional.of("the database refuses what the server needs; the user must own the schema, and the"
                        + " schema must be migrated (QUARKUS_FLYWAY_MIGRATE_AT_START): " + message);
            case "53", "57" -> Optional.of("the database does not take connections now: " + message);
            default -> Optional.empty();
        };
    }
}
