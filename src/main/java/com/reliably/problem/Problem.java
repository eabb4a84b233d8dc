package com.reliably.problem;

import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * An error on the wire: a problem document of RFC 9457.
 *
 * <p>{@code detail} is what existing clients read: a sentence, or, for a 422, the list of {@link Fault}s. RFC 9457 has
 * only the sentence; docs/adr/0004 says why this deviates.
 *
 * @param type   always {@code about:blank}: the status says what kind of problem it is
 * @param title  the status in words
 * @param status the HTTP status
 * @param detail a String, or a list of {@link Fault}
 */
@Schema(name = "Problem", description = "An error, as RFC 9457 describes it; `detail` is a list of faults for a 422")
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Problem(
        @Schema(examples = "about:blank") String type,
        @Schema(examples = "Not Found") String title,
        @Schema(examples = "404") int status,

        @Schema(
                anyOf = {String.class, Fault[].class},
                examples = "No deployment has this id.")
        Object detail) {

    /** The media type of RFC 9457. */
    public static final String MEDIA_TYPE = "application/problem+json";

    /** The problem of a status; {@code detail} is a String, or for a 422 a list of {@link Fault}. */
    public static Problem of(int status, Object detail) {
        Response.Status known = Response.Status.fromStatusCode(status);
        String title = status == 422 ? "Unprocessable Content" : known == null ? "Error" : known.getReasonPhrase();
        return new Problem("about:blank", title, status, detail);
    }

    /** The answer that carries this document. */
    public Response toResponse() {
        Response.ResponseBuilder response =
                Response.status(status).type(MediaType.valueOf(MEDIA_TYPE)).entity(this);
        if (status == 401) {
            // RFC 9110, 11.6.1: a 401 names the scheme.
            response.header("WWW-Authenticate", "Bearer realm=\"reliably\"");
        }
        if (status == 503) {
            response.header("Retry-After", "2");
        }
        return response.build();
    }
}
