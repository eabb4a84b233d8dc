package com.reliably.runner.github.webhook;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.Map;

/** Counts the deliveries of webhooks that this server got, by what it did with them. */
@Singleton
final class WebhookMetrics {

    private final Map<WebhookReceipt.Outcome, Counter> taken = new EnumMap<>(WebhookReceipt.Outcome.class);
    private final Counter refused;

    WebhookMetrics(MeterRegistry registry) {
        // All from the start on, so that the first one shows as an increase.
        for (WebhookReceipt.Outcome outcome : WebhookReceipt.Outcome.values()) {
            taken.put(outcome, counter(outcome.toString(), registry));
        }
        refused = counter("refused", registry);
    }

    private static Counter counter(String outcome, MeterRegistry registry) {
        return Counter.builder("reliably.github.deliveries")
                .description("Deliveries of GitHub's webhooks that came to this server")
                .tag("outcome", outcome)
                .register(registry);
    }

    /** Made with the server: none is something to show, too. */
    void begin(@Observes StartupEvent event) {}

    void taken(WebhookReceipt receipt) {
        taken.get(receipt.outcome()).increment();
    }

    void refused() {
        refused.increment();
    }
}
