package com.reliably.runner.github.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.problem.ProblemException;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.api.RepositoryAddress;
import com.reliably.web.WireTime;
import io.smallrye.mutiny.Uni;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Takes deliveries of webhooks. Only who knows the deployment's secret can make one; who has seen one can send it again, with
 * other headers, which are not signed. Hence a delivery says no more than that it is time to look at GitHub, it says so once,
 * and not when it is old. docs/adr/0018 has the reasons.
 */
@ApplicationScoped
class WebhookService {

    /** For so long GitHub lets people send a delivery again. */
    static final Duration COUNTS_FOR = Duration.ofDays(3);

    private static final Logger LOG = Logger.getLogger(WebhookService.class);

    /** By how much GitHub's clock and this one may differ. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(10);

    private static final Duration WARNED_EVERY = Duration.ofMinutes(10);
    private static final String PING = "ping";
    private static final String WORKFLOW_RUN = "workflow_run";
    private static final String FOREIGN_KEY_VIOLATED = "23503";

    private final WebhookSecrets secrets;
    private final RepositoryAddress.Finder addresses;
    private final DeliveryStore store;
    private final RepositoryNews news;
    private final WebhookMetrics metrics;
    private final ObjectMapper json;
    private final Clock clock;
    private final AtomicLong warnedAt =
            new AtomicLong(System.nanoTime() - WARNED_EVERY.multipliedBy(2).toNanos());

    WebhookService(
            WebhookSecrets secrets,
            RepositoryAddress.Finder addresses,
            DeliveryStore store,
            RepositoryNews news,
            WebhookMetrics metrics,
            ObjectMapper json,
            Clock clock) {
        this.secrets = secrets;
        this.addresses = addresses;
        this.store = store;
        this.news = news;
        this.metrics = metrics;
        this.json = json;
        this.clock = clock;
    }

    /**
     * Takes a delivery.
     *
     * @return fails with the same 401 whatever there is not: the organisation, the deployment, its secret, or a signature that
     *     is good
     */
    Uni<WebhookReceipt> take(UUID orgId, UUID deploymentId, WebhookDelivery delivery) {
        Optional<WebhookSignature> wellFormed = WebhookSignature.of(delivery.signature());
        if (wellFormed.isEmpty()) {
            return Uni.createFrom().failure(() -> refusal(deploymentId));
        }
        return secrets.of(orgId, deploymentId)
                .map(known -> verified(known, wellFormed.get(), deploymentId, delivery.body()))
                .chain(definition -> judge(orgId, deploymentId, definition, delivery))
                .invoke(metrics::taken);
    }

    /** Whether it is worth reading a body at all, which says nothing of what there is here. */
    void demandSignature(UUID deploymentId, String signature) {
        if (WebhookSignature.of(signature).isEmpty()) {
            throw refusal(deploymentId);
        }
    }

    private GitHubDefinition verified(
            Optional<GitHubDefinition> known, WebhookSignature signature, UUID deploymentId, byte[] body) {
        String secret = known.map(GitHubDefinition::webhookSecret).orElse(null);
        if (!signature.isOf(body, secret)) {
            throw refusal(deploymentId);
        }
        return known.orElseThrow();
    }

    private ProblemException refusal(UUID deploymentId) {
        metrics.refused();
        long now = System.nanoTime();
        long last = warnedAt.get();
        // Strangers could fill the log.
        if (now - last > WARNED_EVERY.toNanos() && warnedAt.compareAndSet(last, now)) {
            LOG.warnf(
                    "A delivery of a webhook, for deployment %s, was refused, because its signature is not that of the"
                            + " deployment's webhook_secret; others are counted in reliably_github_deliveries_total",
                    deploymentId);
        }
        return ProblemException.unauthorized("There is no such deployment, or this is not signed with its"
                + " 'webhook_secret': give the deployment and the webhook at GitHub the same secret.");
    }

    private Uni<WebhookReceipt> judge(
            UUID orgId, UUID deploymentId, GitHubDefinition definition, WebhookDelivery delivery) {
        WebhookBody body = read(delivery.body());
        Optional<RepositoryAddress> address = addressOf(definition);
        if (address.isEmpty()) {
            return ignored("The deployment's repository is on a host that this server does not call (any more).");
        }
        if (body.repository() != null
                && !address.get().fullName().equalsIgnoreCase(body.repository().fullName())) {
            return ignored("It is about another repository than the deployment's, which is "
                    + address.get().fullName() + ".");
        }
        if (PING.equals(delivery.event())) {
            return ignored(answerTo(body));
        }
        if (body.repository() == null
                || body.workflowRun() == null
                || body.workflowRun().id() == null) {
            return ignored("It is not about a run of a workflow: choose the event 'Workflow runs' only.");
        }
        Optional<String> age = faultOfAge(body.workflowRun().updatedAt());
        if (age.isPresent()) {
            return ignored(age.get());
        }
        return note(
                deploymentId,
                delivery,
                new RepositoryNews.Item(
                        orgId,
                        RepositoryAddress.nameOf(address.get()),
                        body.workflowRun().id()));
    }

    private static Uni<WebhookReceipt> ignored(String why) {
        return Uni.createFrom().item(WebhookReceipt.ignored(why));
    }

    private WebhookBody read(byte[] bytes) {
        try {
            WebhookBody body = json.readValue(bytes, WebhookBody.class);
            if (body != null) {
                return body;
            }
        } catch (JsonProcessingException e) {
            LOG.debugf("A signed delivery is not as GitHub makes them: %s", e.getOriginalMessage());
        } catch (IOException e) {
            throw new IllegalStateException("bytes in memory can be read", e);
        }
        throw ProblemException.badRequest(
                "The body is not what GitHub sends: choose the content type 'application/json'"
                        + " in the webhook's settings.");
    }

    private static String answerTo(WebhookBody ping) {
        boolean tells = ping.hook() == null
                || ping.hook().events() == null
                || ping.hook().events().contains(WORKFLOW_RUN)
                || ping.hook().events().contains("*");
        return tells
                ? "The webhook is set up: secret and address are right."
                : "Secret and address are right, but the webhook does not tell of runs: choose the event 'Workflow runs'.";
    }

    private Optional<RepositoryAddress> addressOf(GitHubDefinition definition) {
        try {
            return Optional.of(addresses.of(definition));
        } catch (LaunchFailure notAllowed) {
            return Optional.empty();
        }
    }

    /** Digests of those that are older are not kept, so that it could not be told whether they come again. */
    private Optional<String> faultOfAge(String updatedAt) {
        Optional<Instant> happened = updatedAt == null ? Optional.empty() : WireTime.parse(updatedAt);
        if (happened.isEmpty()) {
            return Optional.of("It does not say when the run was updated.");
        }
        Instant now = clock.instant();
        if (happened.get().isBefore(now.minus(COUNTS_FOR))) {
            return Optional.of("It tells of what happened more than " + COUNTS_FOR.toDays() + " days ago.");
        }
        return happened.get().isAfter(now.plus(CLOCKS_DIFFER))
                ? Optional.of("It tells of the future: see that this server's clock is right.")
                : Optional.empty();
    }

    private Uni<WebhookReceipt> note(UUID deploymentId, WebhookDelivery delivery, RepositoryNews.Item item) {
        return store.add(deploymentId, digest(delivery.body()), item, news.server())
                .map(isNew -> {
                    if (!isNew) {
                        return WebhookReceipt.repeated();
                    }
                    LOG.debugf("GitHub tells of run %d of %s (%s)", item.gitHubRun(), item.repository(), delivery);
                    news.tell(item);
                    return WebhookReceipt.noted();
                })
                .onFailure(failure ->
                        failure instanceof PgException refused && FOREIGN_KEY_VIOLATED.equals(refused.getSqlState()))
                // The deployment was deleted in this moment.
                .transform(failure -> refusal(deploymentId));
    }

    private static byte[] digest(byte[] body) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(body);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
