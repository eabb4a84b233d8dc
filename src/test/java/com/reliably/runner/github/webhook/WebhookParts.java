package com.reliably.runner.github.webhook;

import com.reliably.start.PublicUrl;
import io.vertx.mutiny.sqlclient.Pool;

/** What a server has to hear of webhooks with, of its own, whatever other servers have. */
public final class WebhookParts implements AutoCloseable {

    private final DeliveryStore deliveries;
    private final RepositoryNews news;

    public WebhookParts(Pool pool) {
        deliveries = new DeliveryStore(pool);
        news = new RepositoryNews(deliveries);
    }

    public RepositoryNews news() {
        return news;
    }

    public WebhookChecks checks(PublicUrl publicUrl) {
        return new WebhookChecks(deliveries, publicUrl);
    }

    /** As where the server stops. */
    @Override
    public void close() {
        news.stop();
    }
}
