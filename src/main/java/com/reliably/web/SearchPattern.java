package com.reliably.web;

import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What a search looks for: a piece of text, found anywhere in a name, whatever its case. {@code %} and {@code _} mean
 * themselves.
 */
@Schema(
        name = "SearchPattern",
        type = SchemaType.STRING,
        minLength = 1,
        examples = "cluster",
        description = "Found anywhere in a name, whatever its case")
public final class SearchPattern {

    private final String text;

    private SearchPattern(String text) {
        this.text = text;
    }

    /** Reads the query parameter {@code pattern}; called by the HTTP layer. */
    public static SearchPattern valueOf(String text) {
        if (text.isEmpty()) {
            throw ProblemException.invalid(Fault.of(
                    "string_too_short", List.of("query", "pattern"), "String should have at least 1 character"));
        }
        PlainText.check(text, List.of("query", "pattern"));
        return new SearchPattern(text);
    }

    /**
     * The pattern for SQL's {@code ilike … escape '\'}.
     *
     * @param pattern what the request had; null where it had none
     * @throws ProblemException 422 where there is no pattern
     */
    public static String required(SearchPattern pattern) {
        if (pattern == null) {
            throw ProblemException.invalid(Fault.of("missing", List.of("query", "pattern"), "Field required"));
        }
        return pattern.forLike();
    }

    /** The same, but null where there is no pattern. */
    public static String optional(SearchPattern pattern) {
        return pattern == null ? null : pattern.forLike();
    }

    /** The pattern for SQL's {@code ilike … escape '\'}. */
    public String forLike() {
        return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
    }
}
