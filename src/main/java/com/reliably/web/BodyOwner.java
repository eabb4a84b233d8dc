package com.reliably.web;

import java.util.UUID;

/**
 * The one whose share of memory a body takes.
 *
 * @param organization the organization's id; null for strangers, who share what one organization may have
 * @param token        the token's id; null for strangers
 */
public record BodyOwner(UUID organization, UUID token) {

    /** By which name a request has it, once it is known who makes it. */
    public static final String PROPERTY = "com.reliably.body-owner";

    /** Those who need no token. */
    static final BodyOwner STRANGER = new BodyOwner(null, null);
}
