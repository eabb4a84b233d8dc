package com.reliably.start;

import io.quarkus.vertx.http.HttpServerStart;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Tells whoever started the server where to go next. */
@Singleton
final class Welcome {

    private static final Logger LOG = Logger.getLogger(Welcome.class);

    private final PublicUrl url;
    private final ServerSettings settings;
    private final String swaggerPath;

    Welcome(
            PublicUrl url,
            ServerSettings settings,
            @ConfigProperty(name = "quarkus.swagger-ui.path") String swaggerPath) {
        this.url = url;
        this.settings = settings;
        this.swaggerPath = swaggerPath;
    }

    void greet(@ObservesAsync HttpServerStart listening) {
        LOG.infof(
                "API: %1$s/api/v1, Swagger UI: %1$s%2$s, data directory: %3$s",
                url.value(), swaggerPath, DataDirectory.open(settings.dataDir()).path());
    }
}
