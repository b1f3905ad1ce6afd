package io.kqnet.netty42;

import io.kqnet.KqServerSocketChannel;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.testsuite.transport.AbstractSingleThreadEventLoopTest;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.ThreadPerTaskExecutor;

/** Netty's test of an event loop, on {@link KqIoHandler}. */
class IoHandlerEventLoopContractTest extends AbstractSingleThreadEventLoopTest {
    @Override
    protected EventLoopGroup newEventLoopGroup() {
        return new MultiThreadIoEventLoopGroup(KqIoHandler.newFactory());
    }

    @Override
    protected EventLoopGroup newAutoScalingEventLoopGroup() {
        return new MultiThreadIoEventLoopGroup(SCALING_MAX_THREADS, new ThreadPerTaskExecutor(new DefaultThreadFactory("scaling")),
                AUTO_SCALING_CHOOSER_FACTORY, KqIoHandler.newFactory());
    }

    @Override
    protected Channel newChannel() {
        return new KqServerSocketChannel();
    }

    @Override
    protected Class<? extends ServerChannel> serverChannelClass() {
        return KqServerSocketChannel.class;
    }
}
