// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;

/** What differs between two transports: the event loop group, the channel classes, perhaps an option. */
final class Transport {
    static final String BASELINE = "epoll";
    static final List<String> NAMES = List.of("kqnet", "kqnet-io", "kqnet-eager", "nio", "epoll", "epoll-batch");
    static final List<String> DEFAULTS = System.getProperty("os.name").equals("Linux")
            ? List.of("kqnet", "nio", BASELINE) : List.of("kqnet", "nio");

    private static final int DATAGRAM_BYTES = 2048;
    /** As kqnet's, for which it is the default. */
    private static final int BATCH = 32;

    /** Makes an event loop group. */
    interface Groups {
        EventLoopGroup create(int loops, ThreadFactory threads);
    }

    final Groups groups;
    final Class<? extends Channel> socketChannel;
    final Class<? extends ServerChannel> serverChannel;
    final Class<? extends Channel> datagramChannel;
    final Map<ChannelOption<Boolean>, Boolean> options;
    /** What turns on the receiving of several datagrams by one system call, where that takes a decision of the user. */
    final Consumer<Bootstrap> datagramOptions;

    Transport(Groups groups, Class<? extends Channel> socketChannel, Class<? extends ServerChannel> serverChannel,
              Class<? extends Channel> datagramChannel, Map<ChannelOption<Boolean>, Boolean> options,
              Consumer<Bootstrap> datagramOptions) {
        this.groups = groups;
        this.socketChannel = socketChannel;
        this.serverChannel = serverChannel;
        this.datagramChannel = datagramChannel;
        this.options = options;
        this.datagramOptions = datagramOptions;
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
                        NioSocketChannel.class, NioServerSocketChannel.class, NioDatagramChannel.class, Map.of(),
                        datagrams -> { });
            case "epoll":
                return epoll(datagrams -> { });
            case "epoll-batch":
                return epoll(datagrams -> datagrams
                        .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, DATAGRAM_BYTES)
                        .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(DATAGRAM_BYTES * BATCH)));
            default:
                throw new IllegalArgumentException("no transport '" + name + "'; there are " + NAMES);
        }
    }

    private static Transport epoll(Consumer<Bootstrap> datagramOptions) {
        Epoll.ensureAvailability();
        return new Transport(ioLoops(EpollIoHandler.newFactory()), EpollSocketChannel.class,
                EpollServerSocketChannel.class, EpollDatagramChannel.class, Map.of(), datagramOptions);
    }
}
