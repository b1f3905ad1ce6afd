package io.kqnet;

import io.kqnet.poll.ReadyHandler;
import io.netty.channel.Channel;

/** A channel as a {@link LoopBinding} sees it: a descriptor and who is told of its readiness. */
public interface KqDescriptorOwner extends ReadyHandler {
    Channel channel();

    int descriptor();

    /** The loop is shutting down. */
    void closeByLoop();
}
