package com.reliably.outbound;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** Where this server connects to for deployments, whatever their type. */
@ConfigMapping(prefix = "reliably.outbound")
public interface OutboundSettings {

    /**
     * Networks that nothing is connected to in, separated by commas, whatever name leads there. By default where machines of
     * clouds are told their own credentials, and what is no address of a single machine.
     */
    @WithDefault(DEFAULT_REFUSED_NETWORKS)
    List<String> refusedNetworks();

    /**
     * Whether deployments may name addresses of this machine's loopback. Where it is not set they may while there is one
     * organization, and may not from the second one on. The server's own listeners and its database are never reached.
     */
    Optional<Boolean> loopbackAllowed();

    /** What is refused where the operator says nothing. */
    String DEFAULT_REFUSED_NETWORKS = "169.254.0.0/16,fe80::/10,fd00:ec2::/32,fd20:ce::/32,100.100.100.200/32,"
            + "168.63.129.16/32,0.0.0.0/8,::/128,224.0.0.0/4,ff00::/8";
}
