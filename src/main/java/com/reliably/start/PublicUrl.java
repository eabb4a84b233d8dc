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

    PublicUrl(ServerSettings settings, @ConfigProperty(name = "quarkus.http.port") int port) {
        this.url = parse(settings.publicUrl().orElse("http://localhost:" + port));
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
