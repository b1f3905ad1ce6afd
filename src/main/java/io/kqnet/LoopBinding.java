package io.kqnet;

import io.kqnet.poll.Counters;
import io.netty.channel.EventLoop;
import io.netty.util.internal.PlatformDependent;

/**
 * How a channel gets at the poller behind its event loop; the only class that knows there are two kinds of loop. The kind that exists
 * only in Netty 4.2 is plugged in by name, so that 4.1 never sees its types.
 */
public abstract class LoopBinding {
    private static final LoopBinding OWN = new OwnLoopBinding();
    private static final LoopBinding IO = loadIoBinding();

    /** Asked for in two steps: absence of IoHandler means Netty 4.1, while a binding that fails to load must not look like that. */
    private static LoopBinding loadIoBinding() {
        ClassLoader loader = LoopBinding.class.getClassLoader();
        try {
            Class.forName("io.netty.channel.IoHandler", false, loader);
        } catch (ClassNotFoundException netty41) {
            return null;
        }
        try {
            return (LoopBinding) Class.forName("io.kqnet.netty42.IoLoopBinding", true, loader).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            PlatformDependent.throwException(e);
            return null;
        }
    }

    /** The binding for a loop. */
    static LoopBinding of(EventLoop loop) {
        if (OWN.isCompatible(loop)) {
            return OWN;
        }
        if (IO != null && IO.isCompatible(loop)) {
            return IO;
        }
        throw new IllegalArgumentException("not a loop of this transport: " + loop.getClass().getName());
    }

    static boolean isAnyCompatible(EventLoop loop) {
        return OWN.isCompatible(loop) || IO != null && IO.isCompatible(loop);
    }

    protected abstract boolean isCompatible(EventLoop loop);

    /** Registers the channel's descriptor; on the loop's thread. */
    protected abstract LoopRegistration register(EventLoop loop, KqDescriptorOwner owner) throws Exception;

    protected abstract Counters counters(EventLoop loop);

    /** {@link KqEventLoop}. */
    private static final class OwnLoopBinding extends LoopBinding {
        @Override
        protected boolean isCompatible(EventLoop loop) {
            return loop instanceof KqEventLoop;
        }

        @Override
        protected LoopRegistration register(EventLoop loop, KqDescriptorOwner owner) {
            return ((KqEventLoop) loop).register(owner);
        }

        @Override
        protected Counters counters(EventLoop loop) {
            return ((KqEventLoop) loop).poller().counters();
        }
    }
}
