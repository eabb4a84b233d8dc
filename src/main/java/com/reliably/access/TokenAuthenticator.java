package com.reliably.access;

import com.reliably.problem.ProblemException;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds out whose a token is. Answers are kept for {@link TokenSettings#cacheFor()}, because a run reports dozens of
 * times with the same token.
 */
@ApplicationScoped
class TokenAuthenticator {

    private static final int CACHE_SIZE = 10_000;
    private static final Duration TOUCH_EVERY = Duration.ofMinutes(1);

    private final AccessTokenRepository repository;
    private final ReachSource reaches;
    private final TokenSettings settings;
    private final Clock clock;
    private final Map<ByteBuffer, Known> known = new ConcurrentHashMap<>();

    TokenAuthenticator(AccessTokenRepository repository, ReachSource reaches, TokenSettings settings, Clock clock) {
        this.repository = repository;
        this.reaches = reaches;
        this.settings = settings;
        this.clock = clock;
    }

    private record Known(Caller caller, Instant until) {}

    /**
     * The caller that the token stands for.
     *
     * @return fails with a 401 where the token is unknown, revoked or expired
     */
    Uni<Caller> authenticate(String token) {
        byte[] hash = TokenHash.of(token);
        ByteBuffer key = ByteBuffer.wrap(hash);
        Known hit = known.get(key);
        if (hit != null && hit.until().isAfter(clock.instant())) {
            return Uni.createFrom().item(hit.caller());
        }
        return lookUp(hash).invoke(caller -> keep(key, caller));
    }

    /** Forgets every token: one was revoked, and which callers stem from it is not worth tracking. */
    void forget() {
        known.clear();
    }

    @WithTransaction
    Uni<Caller> lookUp(byte[] hash) {
        Instant now = clock.instant();
        return repository.findByHash(hash).chain(token -> {
            if (token == null || !token.isUsableAt(now)) {
                throw ProblemException.unauthorized("The token is unknown, revoked or expired.");
            }
            if (token.lastUsedAt == null || token.lastUsedAt.plus(TOUCH_EVERY).isBefore(now)) {
                return repository.touch(token.id, now).chain(ignored -> toCaller(token));
            }
            return toCaller(token);
        });
    }

    private Uni<Caller> toCaller(AccessToken token) {
        if (token.planId == null) {
            return Uni.createFrom().item(callerOf(token, null));
        }
        UUID planId = token.planId;
        return reaches.reachOf(token.orgId, planId).map(reach -> {
            if (reach == null) {
                throw ProblemException.unauthorized("The plan of this token was deleted.");
            }
            return callerOf(token, reach);
        });
    }

    private static Caller callerOf(AccessToken token, Reach reach) {
        return new Caller(token.id, token.name, token.orgId, token.right(), token.operator, token.runId, reach);
    }

    private void keep(ByteBuffer key, Caller caller) {
        if (known.size() >= CACHE_SIZE) {
            known.clear();
        }
        known.put(key, new Known(caller, clock.instant().plus(settings.cacheFor())));
    }
}
