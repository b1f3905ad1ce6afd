package io.kqnet.netty42;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;

/** Groups driven by {@link KqIoHandler}; found by name from tests that also run on Netty 4.1. */
public final class IoGroups {
    private IoGroups() {
    }

    public static EventLoopGroup newGroup(int threads) {
        return new MultiThreadIoEventLoopGroup(threads, KqIoHandler.newFactory());
    }
}
