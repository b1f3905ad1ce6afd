package io.kqnet.contract;

import io.kqnet.KqEventLoopGroup;
import io.kqnet.KqServerSocketChannel;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.testsuite.transport.AbstractSingleThreadEventLoopTest;

/** Netty's test of an event loop, on {@link KqEventLoopGroup}. */
class OwnEventLoopContractTest extends AbstractSingleThreadEventLoopTest {
    @Override
    protected boolean supportsChannelIteration() {
        return true;
    }

    @Override
    protected EventLoopGroup newEventLoopGroup() {
        return new KqEventLoopGroup();
    }

    /** Asked for by Netty 4.2 only. Null: these loops are not suspended, as Netty's own {@code SingleThreadEventLoop}s are not. */
    protected EventLoopGroup newAutoScalingEventLoopGroup() {
        return null;
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
