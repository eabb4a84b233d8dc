package com.reliably.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.vertx.pgclient.PgException;
import jakarta.persistence.OptimisticLockException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.hibernate.StaleStateException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** The one place where a failure becomes a response. */
public final class ProblemMapper {

    private static final Logger LOG = Logger.getLogger(ProblemMapper.class);

    /** How the kinds of fault of existing clients are called, by the constraint that was violated. */
    private static final Map<String, String> FAULT_TYPES = Map.of(
            "NotBlank", "string_too_short",
            "Size", "string_too_short",
            "Min", "greater_than_equal",
            "Positive", "greater_than",
            "Max", "less_than_equal",
            "Pattern", "string_pattern_mismatch");

    private static final Set<String> AWAY = Set.of("08", "53", "57", "55P03", "25P03");

    /** PostgreSQL gave up one of several transactions that waited for each other, or that could not have come one by one. */
    private static final Set<String> GIVEN_UP = Set.of("40P01", "40001");

    /** How the messages begin of what the client throws; it has no types for most of it. */
    private static final List<String> CONNECTION_TROUBLE = List.of(
            "Connection was closed",
            "Connection is not active now",
            "Failed to read any response from the server",
            "Pending requests failed to be sent",
            "Timeout waiting for connection");

    /** The same, whole, where no connection of the pool came free in time. */
    private static final String NO_CONNECTION = "Timeout";

    private final DatabaseShortage shortage;

    ProblemMapper(DatabaseShortage shortage) {
        this.shortage = shortage;
    }

    @ServerExceptionMapper
    Response map(ProblemException e) {
        return e.problem().toResponse();
    }

    @ServerExceptionMapper
    Response map(ConstraintViolationException e) {
        List<Fault> faults = e.getConstraintViolations().stream()
                .limit(Faults.MOST)
                .map(ProblemMapper::toFault)
                .toList();
        return ProblemException.invalid(faults).problem().toResponse();
    }

    @ServerExceptionMapper
    Response map(MismatchedInputException e) {
        return toInvalid(e);
    }

    @ServerExceptionMapper
    Response map(JsonMappingException e) {
        return toInvalid(e);
    }

    @ServerExceptionMapper
    Response map(StreamReadException e) {
        return toInvalid(e);
    }

    @ServerExceptionMapper
    Response map(WebApplicationException e) {
        if (e.getCause() instanceof JsonProcessingException json) {
            return toInvalid(json);
        }
        int status = e.getResponse().getStatus();
        if (e.getCause() instanceof IOException && status == 400) {
            return ProblemException.invalid(unreadable(e.getCause())).problem().toResponse();
        }
        if (status < 400) {
            return e.getResponse();
        }
        Problem problem = Problem.of(status, sentenceFor(status));
        Response response = problem.toResponse();
        String allow = e.getResponse().getHeaderString("Allow");
        return allow == null
                ? response
                : Response.fromResponse(response).header("Allow", allow).build();
    }

    @ServerExceptionMapper({OptimisticLockException.class, StaleStateException.class})
    Response mapStale(RuntimeException e) {
        return ProblemException.conflict("Somebody else changed this at the same moment; read it again and retry.")
                .problem()
                .toResponse();
    }

    @ServerExceptionMapper
    Response map(Throwable e) {
        Optional<Refusal> refused = refusalOf(e);
        Optional<String> lacks = refused.flatMap(refusal -> DatabaseShortage.reasonOf(refusal.sqlState()));
        if (lacks.isPresent()) {
            shortage.note(lacks.get(), refused.get().message());
            return ProblemException.unavailable(
                            lacks.get()
                                    + "; nothing of this request was stored. Its operator has to make room; send it again then.")
                    .problem()
                    .toResponse();
        }
        if (refused.map(Refusal::sqlState).filter(GIVEN_UP::contains).isPresent()) {
            shortage.warn("Requests stood in each other's way", refused.get().message());
            return ProblemException.unavailable(
                            "Another request changed the same at the same moment; nothing of this one was stored. Send it again.")
                    .problem()
                    .toResponse();
        }
        if (databaseIsAway(e)) {
            shortage.warn("The database cannot be reached", e.toString());
            return ProblemException.unavailable("The database cannot be reached right now; retry in a moment.")
                    .problem()
                    .toResponse();
        }
        String reference = UUID.randomUUID().toString();
        LOG.errorf(e, "Unexpected failure, reference %s", reference);
        return Problem.of(
                        500, "Something failed that should not have; the server's log has it under " + reference + ".")
                .toResponse();
    }

    /** An error of PostgreSQL's; the state may be null. */
    private record Refusal(String sqlState, String message) {}

    private static Optional<Refusal> refusalOf(Throwable e) {
        Optional<Refusal> refused = Optional.empty();
        for (Throwable t = e; t != null && refused.isEmpty(); t = t.getCause()) {
            refused = refusalSaidBy(t);
        }
        return refused;
    }

    /** Reads the reactive client's exception, or the one that Hibernate makes of it. */
    private static Optional<Refusal> refusalSaidBy(Throwable t) {
        if (t instanceof PgException pg) {
            return Optional.of(new Refusal(pg.getSqlState(), pg.getMessage()));
        }
        return t instanceof SQLException sql && sql.getSQLState() != null
                ? Optional.of(new Refusal(sql.getSQLState(), sql.getMessage()))
                : Optional.empty();
    }

    /**
     * PostgreSQL classes 08 (connection), 53 (resources), 57 (operator intervention, its timeouts among them), 55P03 (a lock
     * waited for in vain) and 25P03 (a transaction that this server left alone for too long), and what the network and the
     * pool of connections throw.
     */
    private static boolean databaseIsAway(Throwable e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            Optional<Refusal> refused = refusalSaidBy(t);
            if (refused.isPresent()) {
                String state = refused.get().sqlState();
                return state != null && AWAY.stream().anyMatch(state::startsWith);
            }
            String message = String.valueOf(t.getMessage());
            if (t instanceof SocketException
                    || t instanceof ClosedChannelException
                    || NO_CONNECTION.equals(message)
                    || CONNECTION_TROUBLE.stream().anyMatch(message::startsWith)) {
                return true;
            }
        }
        return false;
    }

    private static String sentenceFor(int status) {
        return switch (status) {
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 406 -> "Not Acceptable: ask for application/json, or for what the description of this path has.";
            case 413 -> "The request is larger than this server accepts.";
            case 415 -> "Unsupported Media Type: send application/json.";
            default -> {
                Response.Status known = Response.Status.fromStatusCode(status);
                yield known == null ? "Error" : known.getReasonPhrase();
            }
        };
    }

    private static Fault unreadable(Throwable e) {
        return Fault.of("json_invalid", List.of("body"), "The body is not JSON in UTF-8: " + firstLine(e.getMessage()));
    }

    private static Response toInvalid(JsonProcessingException e) {
        if (e.getCause() instanceof ProblemException problem
                && !(problem.problem().detail() instanceof List<?>)) {
            // Not about a member: the body turned out too large while it was read.
            return problem.problem().toResponse();
        }
        return ProblemException.invalid(toFault(e)).problem().toResponse();
    }

    private static Fault toFault(JsonProcessingException e) {
        List<Object> loc = new ArrayList<>(List.of("body"));
        if (e instanceof JsonMappingException mapping) {
            for (JsonMappingException.Reference reference : mapping.getPath()) {
                loc.add(reference.getFieldName() == null ? reference.getIndex() : reference.getFieldName());
            }
            if (mapping.getCause() instanceof ProblemException problem
                    && problem.problem().detail() instanceof List<?> faults
                    && faults.get(0) instanceof Fault inner) {
                return Fault.of(inner.type(), loc, inner.msg());
            }
        }
        if (e instanceof InvalidTypeIdException typeId) {
            return typeId.getTypeId() == null
                    ? Fault.of("union_tag_not_found", loc, "The member 'type' is required; it says which kind this is.")
                    : Fault.of(
                            "union_tag_invalid",
                            loc,
                            "'" + shorten(typeId.getTypeId()) + "' is not a known type. " + knownTypes(typeId));
        }
        if (e instanceof InvalidFormatException format && format.getTargetType() != null) {
            if (format.getTargetType().isEnum()) {
                return Fault.of("enum", loc, "Input should be one of " + wireNames(format.getTargetType()));
            }
            if (format.getTargetType() == UUID.class) {
                return Fault.of("uuid_parsing", loc, "Input should be a valid UUID");
            }
            return Fault.of("value_error", loc, "Input should be " + describe(format.getTargetType()));
        }
        if (e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
            return Fault.of(
                    typeFault(mismatch.getTargetType()), loc, "Input should be " + describe(mismatch.getTargetType()));
        }
        return Fault.of("json_invalid", loc, "The body is not valid JSON: " + firstLine(e.getOriginalMessage()));
    }

    private static String knownTypes(InvalidTypeIdException e) {
        String message = e.getOriginalMessage();
        int from = message.indexOf("known type ids = ");
        return from < 0
                ? ""
                : "Known are "
                        + message.substring(from + "known type ids = ".length()).replaceAll("\\)$", "");
    }

    private static String wireNames(Class<?> type) {
        List<String> names = new ArrayList<>();
        for (Object constant : type.getEnumConstants()) {
            names.add("'" + constant + "'");
        }
        return String.join(", ", names);
    }

    private static String typeFault(Class<?> type) {
        if (type == String.class) {
            return "string_type";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "bool_type";
        }
        if (Number.class.isAssignableFrom(type) || type == int.class || type == long.class) {
            return "int_type";
        }
        return List.class.isAssignableFrom(type) ? "list_type" : "model_attributes_type";
    }

    private static String describe(Class<?> type) {
        if (type == String.class) {
            return "a string";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (Number.class.isAssignableFrom(type) || type == int.class || type == long.class) {
            return "an integer";
        }
        if (type == java.time.Instant.class) {
            return "a date and time as in 2030-12-31T23:59:59Z";
        }
        return List.class.isAssignableFrom(type) ? "a list" : "an object";
    }

    private static Fault toFault(ConstraintViolation<?> violation) {
        Annotation constraint = violation.getConstraintDescriptor().getAnnotation();
        List<Object> loc = new ArrayList<>();
        boolean inParameters = false;
        for (Path.Node node : violation.getPropertyPath()) {
            switch (node.getKind()) {
                case METHOD, CONSTRUCTOR -> inParameters = true;
                case PARAMETER -> {
                    loc.add(node.getName().endsWith("Page") || node.getName().equals("page") ? "query" : "body");
                }
                default -> {
                    if (node.getKind() == ElementKind.CONTAINER_ELEMENT) {
                        addIndex(loc, node);
                    } else if (node.getName() != null) {
                        addIndex(loc, node);
                        loc.add(snakeCase(node.getName()));
                    }
                }
            }
        }
        if (!inParameters) {
            loc.add(0, "body");
        }
        boolean absent = constraint instanceof NotNull;
        return absent
                ? Fault.of("missing", List.copyOf(loc), "Field required")
                : Fault.of(
                        FAULT_TYPES.getOrDefault(constraint.annotationType().getSimpleName(), "value_error"),
                        List.copyOf(loc),
                        violation.getMessage());
    }

    private static void addIndex(List<Object> loc, Path.Node node) {
        if (node.getIndex() != null) {
            loc.add(node.getIndex());
        }
    }

    private static String snakeCase(String javaName) {
        return javaName.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(java.util.Locale.ROOT);
    }

    private static String shorten(String text) {
        return text.length() > 80 ? text.substring(0, 80) + "…" : text;
    }

    private static String firstLine(String text) {
        if (text == null) {
            return "it cannot be read";
        }
        int end = text.indexOf('\n');
        return shorten(end < 0 ? text : text.substring(0, end));
    }
}
