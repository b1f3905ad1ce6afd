package io.kqnet.netty42;

import io.kqnet.KqDescriptorOwner;
import io.kqnet.LoopBinding;
import io.kqnet.LoopRegistration;
import io.kqnet.poll.Counters;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Future;

/** Registers channels with Netty 4.2's IoEventLoop; made by {@link LoopBinding}, by name. */
public final class IoLoopBinding extends LoopBinding {
    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop instanceof IoEventLoop && ((IoEventLoop) loop).isCompatible(ChannelHandle.class)
                && ((IoEventLoop) loop).isIoType(KqIoHandler.class);
    }

    /** On the loop's own thread IoEventLoop registers at once, so that its future is done on return. */
    @Override
    protected LoopRegistration register(EventLoop loop, KqDescriptorOwner owner) throws Exception {
        ChannelHandle handle = new ChannelHandle(owner);
        Future<IoRegistration> future = ((IoEventLoop) loop).register(handle);
        if (!future.isDone()) {
            throw new IllegalStateException("not on the thread of " + loop);
        }
        return new IoLoopRegistration(handle, future.get());
    }

    @Override
    protected Counters counters(EventLoop loop) {
        Counters counters = KqIoHandler.counters(loop);
        if (counters == null) {
            throw new IllegalArgumentException("its I/O handler was made for another executor: " + loop);
        }
        return counters;
    }

    private static final class IoLoopRegistration extends LoopRegistration {
        private final ChannelHandle handle;
        private final IoRegistration registration;

        IoLoopRegistration(ChannelHandle handle, IoRegistration registration) {
            super(inner(registration).registration(), inner(registration).handler().scratch());
            this.handle = handle;
            this.registration = registration;
        }

        /** The loop wraps registrations to count them; the attachment is what the handler made. */
        private static KqIoRegistration inner(IoRegistration registration) {
            return registration.attachment();
        }

        @Override
        protected void close() {
            handle.closing();
            registration.cancel();
        }

        @Override
        protected void deregister() {
            registration.cancel();
        }
    }
}
