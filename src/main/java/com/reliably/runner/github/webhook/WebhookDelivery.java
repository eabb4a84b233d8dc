package com.reliably.runner.github.webhook;

/**
 * A delivery as it came.
 *
 * @param signature null where it was not sent
 * @param event     of what it tells; not signed, null where it was not sent
 * @param id        by which people find it at GitHub; not signed, null where it was not sent
 * @param body      as it was signed
 */
record WebhookDelivery(String signature, String event, String id, byte[] body) {

    /** Without the body, which may be large, and not about what it says. */
    @Override
    public String toString() {
        String shown = id == null ? "" : id.replaceAll("[^A-Za-z0-9-]", "");
        return "delivery " + shown.substring(0, Math.min(36, shown.length()));
    }
}
