package com.reliably.runner.kubernetes.cluster;

import com.reliably.deployment.ClusterAccess.Eks;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** Tokens of an EKS cluster, a new one before the last one ends. */
final class EksToken implements BearerToken {

    /** AWS takes a token for 15 minutes, by its own clock; so does aws-iam-authenticator, which counts 14. */
    private static final Duration LIFETIME = Duration.ofMinutes(14);

    private static final Duration RENEW_AFTER = Duration.ofMinutes(10);

    private final EksTokenSigner signer;
    private final Eks keys;
    private final Clock clock;
    private volatile Made made;

    private record Made(String token, Instant at) {}

    EksToken(EksTokenSigner signer, Eks keys, Clock clock) {
        this.signer = signer;
        this.keys = keys;
        this.clock = clock;
    }

    /** Made by arithmetic alone, within a millisecond; two threads may do so at once, which harms nobody. */
    @Override
    public String getToken() {
        return current().token();
    }

    @Override
    public Instant expiry() {
        return current().at().plus(LIFETIME);
    }

    private Made current() {
        Instant now = clock.instant();
        Made last = made;
        // A clock that was set back must not make a token last for hours.
        if (last == null || now.isBefore(last.at()) || !now.isBefore(last.at().plus(RENEW_AFTER))) {
            last = new Made(signer.token(keys, now), now);
            made = last;
        }
        return last;
    }
}
