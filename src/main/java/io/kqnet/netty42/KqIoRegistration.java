package io.kqnet.netty42;

import io.kqnet.poll.Poller;
import io.kqnet.poll.ReadyHandler;
import io.kqnet.poll.Registration;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.ThreadAwareExecutor;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A handle's registration. {@link #submit} and {@link #cancel} may be called by any thread; off the executor's they take effect as a task,
 * which finds a cancelled registration dead and so never touches a descriptor number that has a new owner.
 */
final class KqIoRegistration implements IoRegistration, ReadyHandler {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(KqIoRegistration.class);

    private final KqIoHandler handler;
    private final KqIoHandle handle;
    private final ThreadAwareExecutor executor;
    private final Registration registration;
    private final KqIoEvent event = new KqIoEvent();
    private final AtomicBoolean cancelled = new AtomicBoolean();

    KqIoRegistration(KqIoHandler handler, KqIoHandle handle, ThreadAwareExecutor executor, Poller poller) {
        this.handler = handler;
        this.handle = handle;
        this.executor = executor;
        ReadyHandler receiver = handle instanceof ChannelHandle ? ((ChannelHandle) handle).owner() : this;
        registration = poller.register(handle.fd(), receiver);
    }

    KqIoHandler handler() {
        return handler;
    }

    Registration registration() {
        return registration;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T attachment() {
        return (T) this;
    }

    @Override
    public long submit(IoOps ops) {
        if (!(ops instanceof KqIoOps)) {
            throw new IllegalArgumentException("not a " + KqIoOps.class.getSimpleName() + ": " + ops);
        }
        if (!isValid()) {
            return -1;
        }
        if (executor.isExecutorThread(Thread.currentThread())) {
            arm((KqIoOps) ops);
        } else {
            executor.execute(() -> arm((KqIoOps) ops));
        }
        return 0;
    }

    /** A registration that was cancelled meanwhile ignores it. */
    private void arm(KqIoOps ops) {
        if (ops == KqIoOps.READ) {
            registration.armRead(true);
        } else {
            registration.armWrite();
        }
    }

    @Override
    public boolean isValid() {
        return !cancelled.get();
    }

    @Override
    public boolean cancel() {
        if (!cancelled.compareAndSet(false, true)) {
            return false;
        }
        if (executor.isExecutorThread(Thread.currentThread())) {
            remove();
        } else {
            executor.execute(this::remove);
        }
        return true;
    }

    private void remove() {
        try {
            if (handle instanceof ChannelHandle && ((ChannelHandle) handle).isClosing()) {
                registration.close();
            } else {
                registration.deregister();
            }
        } catch (Exception e) {
            LOGGER.warn("cannot take {} off its kqueue", registration, e);
        }
        handler.removed(this);
        handle.unregistered();
    }

    /** A channel cancels by itself, at the right moment of its close. */
    void closeHandle() {
        try {
            if (!(handle instanceof ChannelHandle)) {
                cancel();
            }
            handle.close();
        } catch (Exception e) {
            LOGGER.debug("exception while closing {}", handle, e);
        }
    }

    private void deliver(KqIoOps kind, long data, boolean eof, int errno, String failedCall) {
        if (isValid()) {
            handle.handle(this, event.set(kind, data, eof, errno, failedCall));
        }
    }

    @Override
    public void onReadable(long data, boolean eof, int errno) {
        deliver(KqIoOps.READ, data, eof, errno, null);
    }

    @Override
    public void onWritable(boolean eof, int errno) {
        deliver(KqIoOps.WRITE, 0, eof, errno, null);
    }

    @Override
    public void onError(String call, int errno) {
        deliver(null, 0, false, errno, call);
    }
}
