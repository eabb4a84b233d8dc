/**
 * What GitHub tells by itself: the endpoint that takes deliveries of webhooks, and
 * {@link com.reliably.runner.github.webhook.RepositoryNews}, on which others wait for them. A delivery is a hint to look, and
 * nothing else; docs/adr/0018 has the reasons.
 */
package com.reliably.runner.github.webhook;
