package com.reliably.problem;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One thing that is wrong with a request, and where. The members are those that existing clients read from a 422.
 *
 * @param type  a stable name of the kind of fault, such as {@code missing} or {@code value_error}
 * @param loc   the way to the faulty member: {@code body}, {@code query} or {@code path}, then member names and
 *              (for lists) indexes from 0
 * @param msg   what is wrong and what would be right, for people
 * @param input the offending value where it is short and cannot be a secret, else null
 */
@Schema(name = "Fault", description = "One thing that is wrong with a request, and where")
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Fault(
        @Schema(examples = "value_error") String type,

        @Schema(
                description = "The way to the faulty member; list indexes are numbers",
                examples = "[\"body\",\"name\"]",
                type = SchemaType.ARRAY)
        List<Object> loc,

        @Schema(examples = "Field required") String msg,

        @Schema(description = "The offending value, where it is short and cannot be a secret", nullable = true)
        String input) {

    private static final int LONGEST_ECHO = 200;

    /**
     * A fault of a member whose value may be shown.
     *
     * @param input shown as text, shortened to 200 characters; may be null
     */
    public static Fault of(String type, List<Object> loc, String msg, Object input) {
        String echo = input == null ? null : input.toString();
        if (echo != null && echo.length() > LONGEST_ECHO) {
            echo = echo.substring(0, LONGEST_ECHO) + "…";
        }
        return new Fault(type, loc, msg, echo);
    }

    /** A fault of a member whose value is secret, absent or too large to be shown. */
    public static Fault of(String type, List<Object> loc, String msg) {
        return new Fault(type, loc, msg, null);
    }
}
