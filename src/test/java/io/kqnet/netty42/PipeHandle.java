package io.kqnet.netty42;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A user's own handle: a pipe's read end, drained on each event. */
@SuppressWarnings("try") // close() is IoHandle's and throws Exception
final class PipeHandle implements KqIoHandle {
    final AtomicInteger registered = new AtomicInteger();
    final AtomicInteger unregistered = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();
    /** Such as {@code READ 3}, {@code WRITE eof}, {@code kevent(EVFILT_READ) failed 9}. */
    final List<String> events = new CopyOnWriteArrayList<>();
    /** Runs in each {@link #handle}. */
    volatile Runnable reaction = () -> { };
    /** Runs in each {@link #close}. */
    volatile Runnable onClose = () -> { };
    private int read;
    private int write;

    PipeHandle() {
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, IoCalls.pipe(ends.address()));
        read = ends.buffer().getInt(0);
        write = ends.buffer().getInt(Integer.BYTES);
    }

    @Override
    public int fd() {
        return read;
    }

    PipeHandle fill(int bytes) {
        for (int i = 0; i < bytes; i++) {
            assertEquals(1, IoCalls.writePipe(write));
        }
        return this;
    }

    int closeRead() {
        int number = read;
        read = -1;
        return SocketCalls.close(number);
    }

    /** Both ends; may be repeated. */
    void closeEnds() {
        if (read >= 0) {
            closeRead();
        }
        if (write >= 0) {
            SocketCalls.close(write);
            write = -1;
        }
    }

    @Override
    public void handle(IoRegistration registration, IoEvent ioEvent) {
        KqIoEvent event = (KqIoEvent) ioEvent;
        events.add(event.failedCall() != null ? event.failedCall() + " failed " + event.errno()
                : event.kind() + (event.data() > 0 ? " " + event.data() : "") + (event.isEof() ? " eof" : ""));
        Memory room = new Memory(64);
        while (read >= 0 && IoCalls.read(read, room.address(), room.size()) > 0) {
            Thread.onSpinWait();
        }
        reaction.run();
    }

    @Override
    public void registered() {
        registered.incrementAndGet();
    }

    @Override
    public void unregistered() {
        unregistered.incrementAndGet();
    }

    @Override
    public void close() {
        closed.incrementAndGet();
        onClose.run();
        closeEnds();
    }
}
