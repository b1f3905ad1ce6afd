package io.kqnet.netty42;

import io.kqnet.Kq;
import io.kqnet.LoopScratch;
import io.kqnet.poll.Counters;
import io.kqnet.poll.Deadline;
import io.kqnet.poll.Poller;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.SelectStrategy;
import io.netty.channel.SelectStrategyFactory;
import io.netty.util.IntSupplier;
import io.netty.util.concurrent.ThreadAwareExecutor;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Drives the loops of Netty 4.2's {@code MultiThreadIoEventLoopGroup} with kqueue. Serves this transport's channels and any
 * {@link KqIoHandle}. {@link #wakeup()} and {@link #isCompatible} may be called by any thread, also before {@link #initialize()} and after
 * {@link #destroy()}; everything else by the executor's thread.
 */
public final class KqIoHandler implements IoHandler {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(KqIoHandler.class);
    private static final Map<ThreadAwareExecutor, Counters> COUNTERS = Collections.synchronizedMap(new WeakHashMap<>());
    private static final long NOTHING_SCHEDULED = -1;

    private final ThreadAwareExecutor executor;
    private final SelectStrategy selectStrategy;
    private final Poller poller;
    private final LoopScratch scratch = new LoopScratch();
    private final Set<KqIoRegistration> registrations = new LinkedHashSet<>();
    private final IntSupplier selectNow;

    private KqIoHandler(ThreadAwareExecutor executor, int maxEvents, SelectStrategy selectStrategy) {
        this.executor = Objects.requireNonNull(executor, "executor");
        this.selectStrategy = Objects.requireNonNull(selectStrategy, "selectStrategy");
        poller = new Poller(maxEvents, true);
        selectNow = () -> poller.fetch(0);
        open();
        COUNTERS.put(executor, poller.counters());
    }

    /**
     * A factory with the default event array of 128.
     *
     * @throws UnsatisfiedLinkError if {@link Kq#isAvailable()} is false
     */
    public static IoHandlerFactory newFactory() {
        return newFactory(0, DefaultSelectStrategyFactory.INSTANCE);
    }

    /**
     * A factory; its handlers may be moved to another thread between two runs.
     *
     * @param maxEvents events fetched with one kevent call, up to 1024; 0 for the default
     * @throws UnsatisfiedLinkError if {@link Kq#isAvailable()} is false
     */
    public static IoHandlerFactory newFactory(int maxEvents, SelectStrategyFactory selectStrategyFactory) {
        Kq.ensureAvailability();
        if (maxEvents < 0 || maxEvents > Poller.MAX_CAPACITY) {
            throw new IllegalArgumentException("maxEvents: " + maxEvents + " (expected: 0.." + Poller.MAX_CAPACITY + ')');
        }
        Objects.requireNonNull(selectStrategyFactory, "selectStrategyFactory");
        int capacity = maxEvents == 0 ? Poller.DEFAULT_CAPACITY : maxEvents;
        return new IoHandlerFactory() {
            @Override
            public IoHandler newHandler(ThreadAwareExecutor executor) {
                return new KqIoHandler(executor, capacity, selectStrategyFactory.newSelectStrategy());
            }

            @Override
            public boolean isChangingThreadSupported() {
                return true;
            }
        };
    }

    static Counters counters(Object executor) {
        return COUNTERS.get(executor);
    }

    LoopScratch scratch() {
        return scratch;
    }

    private void open() {
        try {
            poller.open();
        } catch (IOException e) {
            throw new IllegalStateException("cannot create an I/O handler: " + e.getMessage(), e);
        }
    }

    /** Called again when a suspended loop resumes on another thread. */
    @Override
    public void initialize() {
        open();
    }

    @Override
    public int run(IoHandlerContext context) {
        boolean report = context.shouldReportActiveIoTime();
        long start = 0;
        try {
            int ready = select(context);
            start = report && ready > 0 ? System.nanoTime() : 0;
            return ready > 0 ? poller.dispatch() : 0;
        } catch (Error e) {
            throw e;
        } catch (Throwable t) {
            // Thrown on, it would end the loop.
            LOGGER.warn("Unexpected exception in the I/O handler.", t);
            return 0;
        } finally {
            if (report) {
                context.reportActiveIoTime(start == 0 ? 0 : System.nanoTime() - start);
            }
        }
    }

    private int select(IoHandlerContext context) throws Exception {
        int strategy = selectStrategy.calculateStrategy(selectNow, !context.canBlock());
        return strategy == SelectStrategy.CONTINUE ? 0 : strategy >= 0 ? strategy : sleep(context);
    }

    /** canBlock() is asked again after the sleep was published: whoever adds work looks at the publication after adding. */
    private int sleep(IoHandlerContext context) {
        if (!poller.wakeup().beginSleep(Deadline.NONE)) {
            return poller.fetch(0);
        }
        try {
            return poller.fetch(context.canBlock() ? timeoutNanos(context) : 0);
        } finally {
            poller.wakeup().endSleep();
        }
    }

    private static long timeoutNanos(IoHandlerContext context) {
        return context.deadlineNanos() == NOTHING_SCHEDULED ? -1 : Deadline.timeoutNanos(context.delayNanos(System.nanoTime()), 0);
    }

    @Override
    public void wakeup() {
        if (!executor.isExecutorThread(Thread.currentThread())) {
            poller.wakeup().wake();
        }
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return KqIoHandle.class.isAssignableFrom(handleType);
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        if (!(handle instanceof KqIoHandle)) {
            throw new IllegalArgumentException("not a " + KqIoHandle.class.getSimpleName() + ": " + handle);
        }
        if (!poller.isOpen()) {
            throw new IllegalStateException("the I/O handler was destroyed");
        }
        KqIoRegistration registration = new KqIoRegistration(this, (KqIoHandle) handle, executor, poller);
        registrations.add(registration);
        handle.registered();
        return registration;
    }

    void removed(KqIoRegistration registration) {
        registrations.remove(registration);
    }

    /** Called on every turn of a loop that shuts down; closing a handle may cancel others. */
    @Override
    public void prepareToDestroy() {
        for (KqIoRegistration registration : new ArrayList<>(registrations)) {
            registration.closeHandle();
        }
    }

    /** A loop that is told to shut down without a quiet period while it runs tasks comes here without having prepared. */
    @Override
    public void destroy() {
        prepareToDestroy();
        poller.close();
    }
}
