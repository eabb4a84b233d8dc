package com.reliably.web;

import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.QueryParam;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;

/** Which part of a list is asked for: the query parameters {@code page} (from 1) and {@code limit} (1 to 100). */
public final class PageRequest {

    /** Largest page. The existing server stops at 10; more saves round trips, and lists carry no journals. */
    public static final int MAX_LIMIT = 100;

    /** No list has more pages, and where one that is further away ends can still be counted with an int. */
    private static final long FURTHEST_PAGE = Integer.MAX_VALUE / MAX_LIMIT - 1;

    @QueryParam("page")
    @DefaultValue("1")
    @Parameter(
            description = "Which page, from 1",
            schema = @Schema(type = SchemaType.INTEGER, format = "int64", minimum = "1", defaultValue = "1"))
    long page;

    @QueryParam("limit")
    @DefaultValue("10")
    @Parameter(
            description = "How many items a page has",
            schema =
                    @Schema(
                            type = SchemaType.INTEGER,
                            format = "int32",
                            minimum = "1",
                            maximum = "100",
                            defaultValue = "10"))
    int limit;

    /**
     * How many items to skip; capped, because no list has that many.
     *
     * @throws ProblemException 422 where the page or the limit is out of range
     */
    public int offset() {
        check();
        return (int) (Math.min(page - 1, FURTHEST_PAGE) * limit);
    }

    /**
     * How many items to return, 1 to 100.
     *
     * @throws ProblemException 422 where the page or the limit is out of range
     */
    public int limit() {
        check();
        return limit;
    }

    private void check() {
        if (page < 1) {
            throw ProblemException.invalid(Fault.of(
                    "greater_than_equal",
                    List.of("query", "page"),
                    "Input should be greater than or equal to 1",
                    page));
        }
        if (limit < 1) {
            throw ProblemException.invalid(
                    Fault.of("greater_than", List.of("query", "limit"), "Input should be greater than 0", limit));
        }
        if (limit > MAX_LIMIT) {
            throw ProblemException.invalid(Fault.of(
                    "less_than_equal",
                    List.of("query", "limit"),
                    "Input should be less than or equal to " + MAX_LIMIT,
                    limit));
        }
    }
}
