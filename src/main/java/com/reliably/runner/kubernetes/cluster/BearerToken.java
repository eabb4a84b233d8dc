package com.reliably.runner.kubernetes.cluster;

import io.fabric8.kubernetes.client.OAuthTokenProvider;
import java.time.Instant;

/**
 * The token that goes with a request. It is asked for every request, so that one that was replaced is taken at once. Never
 * blocks: it is called on event loops too.
 */
interface BearerToken extends OAuthTokenProvider {

    /** The token; null where requests have none. */
    @Override
    String getToken();

    /** When the token as it is now ends; null where nobody knows. */
    Instant expiry();
}
