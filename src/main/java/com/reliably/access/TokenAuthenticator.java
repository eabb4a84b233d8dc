package com.reliably.access;

import com.reliably.problem.ProblemException;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds out whose a token is. Answers are kept for {@link TokenSettings#cacheFor()}, because a run reports dozens of
 * times with the same token.
 */
@ApplicationScoped
class TokenAuthenticator {

    private static final int CACHE_SIZE = 10_000;

    private final AccessTokenRepository repository;
    private final ReachSource reaches;
    private final TokenSettings settings;
    private final Map<ByteBuffer, Known> known = new ConcurrentHashMap<>();

    TokenAuthenticator(AccessTokenRepository repository, ReachSource reaches, TokenSettings settings) {
        this.repository = repository;
        this.reaches = reaches;
        this.settings = settings;
    }

    /** {@code since} and the end of its time are as {@link System#nanoTime} has them: no clock that is set moves them. */
    private record Known(Caller caller, long since, Duration lifetime) {

        boolean isGood() {
            return System.nanoTime() - since < lifetime.toNanos();
        }
    }

    /**
     * The caller that the token stands for.
     *
     * @return fails with a 401 where the token is unknown, revoked or expired
     */
    Uni<Caller> authenticate(String token) {
        byte[] hash = TokenHash.of(token);
        ByteBuffer key = ByteBuffer.wrap(hash);
        Known hit = known.get(key);
        if (hit != null && hit.isGood()) {
            return Uni.createFrom().item(hit.caller());
        }
        // From before the look on: a token that is revoked meanwhile is not kept for longer.
        long since = System.nanoTime();
        return lookUp(hash).invoke(found -> keep(key, found, since)).map(Found::caller);
    }

    /** Forgets every token: one was revoked, and which callers stem from it is not worth tracking. */
    void forget() {
        known.clear();
    }

    /**
     * What the database says of a token.
     *
     * @param lifetime how long that is believed
     */
    record Found(Caller caller, Duration lifetime) {}

    @WithTransaction
    Uni<Found> lookUp(byte[] hash) {
        return repository.findUsable(hash).chain(token -> {
            if (token == null) {
                throw ProblemException.unauthorized("The token is unknown, revoked or expired.");
            }
            return token.unmarked() ? repository.touch(token.id()).chain(() -> found(token)) : found(token);
        });
    }

    private Uni<Found> found(UsableToken token) {
        Duration believed =
                token.lifetime().compareTo(settings.cacheFor()) < 0 ? token.lifetime() : settings.cacheFor();
        if (token.planId() == null) {
            return Uni.createFrom().item(new Found(token.caller(null), believed));
        }
        return reaches.reachOf(token.orgId(), token.planId()).map(reach -> {
            if (reach == null) {
                throw ProblemException.unauthorized("The plan of this token was deleted.");
            }
            return new Found(token.caller(reach), believed);
        });
    }

    private void keep(ByteBuffer key, Found found, long since) {
        if (known.size() >= CACHE_SIZE) {
            known.clear();
        }
        known.put(key, new Known(found.caller(), since, found.lifetime()));
    }
}
