package com.reliably.outbound;

import java.util.List;

/**
 * What holds for the connections of a client.
 *
 * @param origin      who says where to connect to
 * @param alsoRefused networks that are refused besides those of all clients
 * @param tlsName     the name that the peer's certificate has to be for; null where it is that of the host
 */
public record OutboundRules(Origin origin, List<NetworkRange> alsoRefused, String tlsName) {

    /** For hosts that deployments, or what answers to them, name. */
    public static OutboundRules ofTenant() {
        return new OutboundRules(Origin.TENANT, List.of(), null);
    }

    /** For hosts that the operator names, each exactly. */
    public static OutboundRules ofOperator() {
        return new OutboundRules(Origin.OPERATOR, List.of(), null);
    }
}
