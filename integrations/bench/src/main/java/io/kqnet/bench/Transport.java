// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;

/** What differs between two transports: the event loop group, two channel classes, perhaps an option. */
final class Transport {
    static final String BASELINE = "epoll";
    static final List<String> NAMES = List.of("kqnet", "kqnet-io", "kqnet-eager", "nio", "epoll");
    static final List<String> DEFAULTS = System.getProperty("os.name").equals("Linux")
            ? List.of("kqnet", "nio", BASELINE) : List.of("kqnet", "nio");

    /** Makes an event loop group. */
    interface Groups {
        EventLoopGroup create(int loops, ThreadFactory threads);
    }

    final Groups groups;
    final Class<? extends Channel> socketChannel;
    final Class<? extends ServerChannel> serverChannel;
    final Map<ChannelOption<Boolean>, Boolean> options;

    Transport(Groups groups, Class<? extends Channel> socketChannel, Class<? extends ServerChannel> serverChannel,
              Map<ChannelOption<Boolean>, Boolean> options) {
        this.groups = groups;
        this.socketChannel = socketChannel;
        this.serverChannel = serverChannel;
        this.options = options;
    }

    /** A group of Netty 4.2's own loops around {@code handlers}. */
    static Groups ioLoops(IoHandlerFactory handlers) {
        return (loops, threads) -> new MultiThreadIoEventLoopGroup(loops, threads, handlers);
    }

    static Transport named(String name) {
        switch (name) {
            case "kqnet":
                return KqTransports.ownLoop(true);
            case "kqnet-eager":
                return KqTransports.ownLoop(false);
            case "kqnet-io":
                return KqTransports.ioHandler();
            case "nio":
                return new Transport(ioLoops(NioIoHandler.newFactory()),
                        NioSocketChannel.class, NioServerSocketChannel.class, Map.of());
            case "epoll":
                Epoll.ensureAvailability();
                return new Transport(ioLoops(EpollIoHandler.newFactory()),
                        EpollSocketChannel.class, EpollServerSocketChannel.class, Map.of());
            default:
                throw new IllegalArgumentException("no transport '" + name + "'; there are " + NAMES);
        }
    }
}
