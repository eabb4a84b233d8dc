package com.reliably.secret;

import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Seals again, under the current key, what an older key has sealed. Runs a little at a time, on any replica, until
 * nothing is left; then the old key can be taken out of the configuration. What was sealed with a key that is not
 * configured (any more) is left alone: it cannot be opened, and must not keep the rest from being rotated.
 */
@ApplicationScoped
class KeyRotation {

    private static final Logger LOG = Logger.getLogger(KeyRotation.class);
    private static final int AT_ONCE = 100;

    private final SecretRepository repository;
    private final Sealer sealer;

    KeyRotation(SecretRepository repository, Sealer sealer) {
        this.repository = repository;
        this.sealer = sealer;
    }

    @Scheduled(
            every = "${reliably.key-rotation.every:30s}",
            delayed = "1s",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            identity = "key-rotation")
    Uni<Void> rotate() {
        return Multi.createFrom()
                .iterable(sealer.olderKeyIds())
                .onItem()
                .transformToMultiAndConcatenate(
                        keyId -> rotateSome(keyId).repeat().until(count -> count == 0))
                .collect()
                .with(Collectors.summingInt(Integer::intValue))
                .invoke(count -> {
                    if (count > 0) {
                        LOG.infof("%d secrets were sealed again with key '%s'", count, sealer.currentKeyId());
                    }
                })
                .onFailure()
                .invoke(e -> LOG.errorf("Key rotation stopped, it is tried again: %s", e.getMessage()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    @WithTransaction
    Uni<Integer> rotateSome(String olderKeyId) {
        return repository.sealedWith(olderKeyId, AT_ONCE).map(secrets -> {
            secrets.forEach(this::sealAgain);
            return secrets.size();
        });
    }

    private void sealAgain(StoredSecret secret) {
        String clear = sealer.open(secret.owner(), secret.name, secret.keyId, secret.sealed);
        secret.sealed = sealer.seal(secret.owner(), secret.name, clear);
        secret.keyId = sealer.currentKeyId();
    }
}
