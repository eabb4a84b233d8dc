package com.reliably.connection;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.impl.VertxBuilder;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.spi.VertxServiceProvider;
import io.vertx.core.spi.transport.Transport;
import java.util.concurrent.ThreadFactory;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * Puts a {@link ConnectionGuard} on each connection that the server accepts, before Vert.x has anything on it: what Quarkus and
 * Vert.x let applications see begins with a request whose headers have come. Found by Vert.x as a service.
 */
public final class GuardedConnections implements VertxServiceProvider {

    @Override
    public void init(VertxBuilder builder) {
        builder.findTransport(new GuardedTransport(builder.findTransport()));
    }

    /** The transport of the platform, but for what accepts connections. */
    private record GuardedTransport(Transport platform) implements Transport {

        @Override
        public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
            platform.configure(options, domainSocket, bootstrap);
            // Nothing else than HTTP listens here; the options of HTTP are not those that come this way.
            bootstrap.handler(new Acceptor(ConfigProvider.getConfig()
                    .unwrap(SmallRyeConfig.class)
                    .getConfigMapping(ConnectionSettings.class)));
        }

        @Override
        public boolean supportsDomainSockets() {
            return platform.supportsDomainSockets();
        }

        @Override
        public boolean supportFileRegion() {
            return platform.supportFileRegion();
        }

        @Override
        public boolean isAvailable() {
            return platform.isAvailable();
        }

        @Override
        public Throwable unavailabilityCause() {
            return platform.unavailabilityCause();
        }

        @Override
        public java.net.SocketAddress convert(SocketAddress address) {
            return platform.convert(address);
        }

        @Override
        public SocketAddress convert(java.net.SocketAddress address) {
            return platform.convert(address);
        }

        @Override
        public EventLoopGroup eventLoopGroup(int type, int threads, ThreadFactory factory, int ioRatio) {
            return platform.eventLoopGroup(type, threads, factory, ioRatio);
        }

        @Override
        public DatagramChannel datagramChannel() {
            return platform.datagramChannel();
        }

        @Override
        public DatagramChannel datagramChannel(InternetProtocolFamily family) {
            return platform.datagramChannel(family);
        }

        @Override
        public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
            return platform.channelFactory(domainSocket);
        }

        @Override
        public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
            return platform.serverChannelFactory(domainSocket);
        }

        @Override
        public void configure(DatagramChannel channel, DatagramSocketOptions options) {
            platform.configure(channel, options);
        }

        @Override
        public void configure(ClientOptionsBase options, boolean domainSocket, io.netty.bootstrap.Bootstrap bootstrap) {
            platform.configure(options, domainSocket, bootstrap);
        }
    }

    /** Sees accepted connections before the one of Netty's that sets them up. */
    @Sharable
    private static final class Acceptor extends ChannelInboundHandlerAdapter {

        private final ConnectionSettings settings;

        Acceptor(ConnectionSettings settings) {
            this.settings = settings;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            ((Channel) accepted).pipeline().addFirst(new ConnectionGuard(settings));
            context.fireChannelRead(accepted);
        }
    }
}
