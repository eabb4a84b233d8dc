package com.reliably.outbound;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Looks up the addresses of names. */
@FunctionalInterface
public interface HostResolver {

    /** As the system does it; may wait for a name server. */
    HostResolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));

    /** The addresses of a name, the preferred one first; may block. */
    List<InetAddress> resolve(String host) throws UnknownHostException;
}
