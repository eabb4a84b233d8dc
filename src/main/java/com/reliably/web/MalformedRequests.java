package com.reliably.web;

import com.reliably.problem.ProblemException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Finds requests that a proxy in front and this server could read differently: a body whose end is not certain, an address
 * that is another one once it is resolved, an uncertain host. Most of what RFC 9112 forbids is refused before it is a request,
 * by Netty; here is the rest.
 */
@Singleton
final class MalformedRequests {

    /** Steps in the tree, written in any way, and separators that only look like none. */
    private static final Pattern AMBIGUOUS_PATH =
            Pattern.compile("(?i)(^|/)(\\.|%2e){1,2}(/|$)|%2f|%5c|\\\\|;|%3b|%00");

    /**
     * The reason to refuse this request, which ends its connection: where the body of it ends is not known.
     *
     * @return empty where its body has a certain end
     */
    Optional<ProblemException> framing(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            return Optional.empty();
        }
        List<String> codings = request.headers().getAll(HttpHeaders.TRANSFER_ENCODING);
        if (codings.isEmpty()) {
            return Optional.empty();
        }
        if (codings.size() > 1
                || !codings.get(0).strip().toLowerCase(Locale.ROOT).equals("chunked")) {
            return Optional.of(
                    ProblemException.badRequest(
                            "The transfer coding is not known here; send the body with a Content-Length, or 'chunked' and nothing else."));
        }
        return request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                ? Optional.of(ProblemException.badRequest(
                        "A request has a Content-Length or a Transfer-Encoding, not both (RFC 9112, 6.1)."))
                : Optional.empty();
    }

    /** The reason to refuse the host or the address of this request; empty where both are certain. */
    Optional<ProblemException> address(HttpServerRequest request) {
        List<String> hosts = request.headers().getAll(HttpHeaders.HOST);
        boolean mayLackHost = request.version() != HttpVersion.HTTP_1_1;
        if (hosts.size() > 1 || hosts.isEmpty() && !mayLackHost || !hosts.isEmpty() && request.authority() == null) {
            return Optional.of(ProblemException.badRequest("A request has one header 'Host' with the server's name."));
        }
        String path = request.path();
        if (path == null || AMBIGUOUS_PATH.matcher(path).find()) {
            return Optional.of(
                    ProblemException.badRequest(
                            "The request's address is ambiguous: it has dots as a step, an encoded slash, a backslash or a semicolon."));
        }
        return Optional.empty();
    }
}
