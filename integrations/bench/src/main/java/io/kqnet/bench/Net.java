// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The two sides of a scenario on one transport: a server loop and a client loop, talking over loopback. */
final class Net implements AutoCloseable {
    /** Start of every loop's thread name. Linux keeps 15 characters of it, so it is short. */
    static final String THREAD_PREFIX = "kqb-";
    private static final int BACKLOG = 2048;

    final Transport transport;
    final EventLoopGroup servers;
    final EventLoopGroup clients;

    Net(Transport transport) {
        this.transport = transport;
        servers = loops("server", 1);
        clients = loops("client", 1);
    }

    EventLoopGroup loops(String name, int count) {
        return transport.groups.create(count, new DefaultThreadFactory(THREAD_PREFIX + name, true));
    }

    EventLoop clientLoop() {
        return clients.next();
    }

    EventLoop serverLoop() {
        return servers.next();
    }

    Channel listen(Supplier<ChannelHandler> handlers) throws InterruptedException {
        ServerBootstrap bootstrap = new ServerBootstrap().group(servers).channel(transport.serverChannel)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(initializer(handlers));
        transport.options.forEach(bootstrap::childOption);
        return bootstrap.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).sync().channel();
    }

    Bootstrap client(Channel server, Supplier<ChannelHandler> handlers) {
        Bootstrap bootstrap = new Bootstrap().group(clients).channel(transport.socketChannel)
                .remoteAddress(server.localAddress())
                .handler(initializer(handlers));
        for (Map.Entry<ChannelOption<Boolean>, Boolean> option : transport.options.entrySet()) {
            bootstrap.option(option.getKey(), option.getValue());
        }
        return bootstrap;
    }

    /** A datagram channel on a free port; the handler lives as long as the channel. */
    Channel datagrams(EventLoopGroup group, ChannelHandler handler) throws InterruptedException {
        Bootstrap bootstrap = new Bootstrap().group(group).channel(transport.datagramChannel).handler(handler);
        for (Map.Entry<ChannelOption<Boolean>, Boolean> option : transport.options.entrySet()) {
            bootstrap.option(option.getKey(), option.getValue());
        }
        transport.datagramOptions.accept(bootstrap);
        return bootstrap.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).sync().channel();
    }

    static ByteBuf message(int lengthBytes) {
        return Unpooled.unreleasableBuffer(Unpooled.directBuffer(lengthBytes).writeZero(lengthBytes));
    }

    private static ChannelHandler initializer(Supplier<ChannelHandler> handlers) {
        return new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(handlers.get());
            }
        };
    }

    @Override
    public void close() {
        clients.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        servers.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
