package com.reliably.runner.docker;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.vertx.core.impl.transports.JDKTransport;
import io.vertx.core.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/**
 * The JDK's own sockets, those in the file system included. Vert.x 4 has them with native libraries only; the JDK has them
 * since 16. To be dropped with Vert.x 5, whose transport is like this one.
 */
final class DomainSocketTransport extends JDKTransport {

    @Override
    public boolean supportsDomainSockets() {
        return true;
    }

    @Override
    public java.net.SocketAddress convert(SocketAddress address) {
        return address.isDomainSocket() ? UnixDomainSocketAddress.of(address.path()) : super.convert(address);
    }

    @Override
    public SocketAddress convert(java.net.SocketAddress address) {
        return address instanceof UnixDomainSocketAddress socket
                ? SocketAddress.domainSocketAddress(socket.getPath().toString())
                : super.convert(address);
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        return domainSocket ? NioDomainSocketChannel::new : super.channelFactory(false);
    }
}
