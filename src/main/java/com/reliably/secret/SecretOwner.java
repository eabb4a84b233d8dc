package com.reliably.secret;

import java.util.UUID;

/**
 * What a secret belongs to.
 *
 * @param orgId the organisation
 * @param kind  {@code deployment} or {@code environment}
 * @param id    the deployment's or environment's id
 */
public record SecretOwner(UUID orgId, String kind, UUID id) {

    /** A deployment as an owner of secrets. */
    public static SecretOwner deployment(UUID orgId, UUID id) {
        return new SecretOwner(orgId, "deployment", id);
    }

    /** An environment as an owner of secrets. */
    public static SecretOwner environment(UUID orgId, UUID id) {
        return new SecretOwner(orgId, "environment", id);
    }
}
