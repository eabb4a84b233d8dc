package com.reliably.start;

import com.reliably.outbound.UrlHost;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** How the server is reached from outside, without a slash at the end. */
@Singleton
public class PublicUrl {

    private final URI url;
    private final boolean tlsDemanded;

    PublicUrl(
            ServerSettings settings,
            @ConfigProperty(name = "quarkus.http.port") int port,
            @ConfigProperty(name = "quarkus.http.ssl-port", defaultValue = "8443") int tlsPort,
            @ConfigProperty(name = "quarkus.http.insecure-requests") Optional<String> plainRequests) {
        this.tlsDemanded = plainRequests
                .filter(what -> what.equalsIgnoreCase("redirect") || what.equalsIgnoreCase("disabled"))
                .isPresent();
        this.url = parse(
                settings.publicUrl().orElse(tlsDemanded ? "https://localhost:" + tlsPort : "http://localhost:" + port));
    }

    /** Whether the server itself answers by TLS only (QUARKUS_HTTP_INSECURE_REQUESTS). */
    public boolean isTlsDemanded() {
        return tlsDemanded;
    }

    /** Whether it leads whoever uses it to themselves. */
    public boolean isLoopback() {
        return Loopback.names(url.getHost());
    }

    /** With scheme, as in {@code https://chaos.example.com}. */
    public String value() {
        return url.toString();
    }

    /** Without scheme, as in {@code chaos.example.com} or {@code localhost:8080}. */
    public String hostAndPort() {
        return url.getRawAuthority();
    }

    /** Whether it is plain HTTP. */
    public boolean isClearText() {
        return "http".equals(url.getScheme());
    }

    private static URI parse(String text) {
        Optional<URI> url = Optional.empty();
        try {
            url = Optional.of(URI.create(text.replaceAll("/+$", "")));
        } catch (IllegalArgumentException e) {
            // Refused below.
        }
        return url.filter(u -> ("http".equals(u.getScheme()) || "https".equals(u.getScheme()))
                        && UrlHost.of(u) != null
                        && (u.getRawPath() == null || u.getRawPath().isEmpty()))
                .orElseThrow(
                        () -> new StartFailure("RELIABLY_PUBLIC_URL must look like https://chaos.example.com, without"
                                + " a path; it is '" + text + "'"));
    }
}
