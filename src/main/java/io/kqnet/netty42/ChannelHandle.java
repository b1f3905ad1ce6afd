package io.kqnet.netty42;

import io.kqnet.KqDescriptorOwner;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;

/** One of this transport's channels as a handle. The poller tells its owner directly, without an IoEvent in between. */
final class ChannelHandle implements KqIoHandle {
    private final KqDescriptorOwner owner;
    private boolean closing;

    ChannelHandle(KqDescriptorOwner owner) {
        this.owner = owner;
    }

    KqDescriptorOwner owner() {
        return owner;
    }

    /** The descriptor is about to be closed, which takes its filters along. */
    void closing() {
        closing = true;
    }

    boolean isClosing() {
        return closing;
    }

    @Override
    public int fd() {
        return owner.descriptor();
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
        throw new IllegalStateException("a channel's events do not come as IoEvent: " + event);
    }

    @Override
    public void close() {
        owner.closeByLoop();
    }
}
