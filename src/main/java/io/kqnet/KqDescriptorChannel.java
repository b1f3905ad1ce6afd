package io.kqnet;

import io.kqnet.poll.ReadyHandler;
import io.kqnet.poll.Registration;
import io.kqnet.sys.Constants;
import io.kqnet.sys.DescriptorCalls;
import io.kqnet.sys.Errno;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.lang.ref.Reference;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * A channel over any descriptor a kqueue can wait for, or over a pair of them, one for each direction: the ends of pipes, FIFOs, terminals,
 * pseudo-terminals, serial lines, sockets of other kinds. It is active from the start and is registered, not bound nor connected. Regular
 * files, directories and block devices are refused, as is what the kernel's kqueue refuses (on macOS {@code /dev/tty} and {@code /dev/null}).
 *
 * <p><b>Directions.</b> A descriptor that was opened for reading only or for writing only makes a channel of one direction: writes to the first
 * fail, the second ends when nobody reads any more. With a pair {@link #shutdownOutput()} closes the output descriptor, and an output that
 * nobody reads any more is shut down while the input goes on; {@link #shutdownInput()} only stops reading. One descriptor for both
 * directions that is no socket cannot end one of them: {@link #shutdownOutput()} fails.
 *
 * <p><b>Ownership.</b> The channel closes its descriptors. They become non-blocking, which anybody sees who has the same open file, such as
 * the shell a terminal was inherited from; it is undone before they are closed, and so is raw mode. Two channels over one open file should
 * therefore be one channel of a pair.
 *
 * <p>Options: {@link KqDescriptorChannelConfig}. A terminal's hang-up (EIO on some systems) is the end of its input.
 */
public final class KqDescriptorChannel extends AbstractKqStreamChannel {
    private static final int STANDARD_INPUT = 0;
    private static final int STANDARD_OUTPUT = 1;

    private final KqDescriptorChannelConfig config;
    /** Null without that direction; the same object for both if there is one descriptor. */
    private final DescriptorEnd input;
    private final DescriptorEnd output;
    private Registration outputRegistration;

    /**
     * Takes over one descriptor, for the directions it was opened for.
     *
     * @throws ChannelException if it cannot be waited for; the descriptor stays the caller's and as it was
     */
    public KqDescriptorChannel(int fd) {
        this(single(DescriptorEnd.adopt(fd)));
    }

    /**
     * Takes over a descriptor to read from and another one to write to.
     *
     * @throws ChannelException if one of them cannot be waited for or has not that direction; both stay the caller's and as they were
     */
    public KqDescriptorChannel(int input, int output) {
        this(pair(input, output));
    }

    private KqDescriptorChannel(DescriptorEnd[] ends) {
        super(null, ends[0] != null ? ends[0].fd() : ends[1].fd());
        input = ends[0];
        output = ends[1];
        config = new KqDescriptorChannelConfig(this, terminal());
        if (input == null) {
            markNoInput();
        }
        if (output == null) {
            markOutputShutdown();
        }
        activate();
    }

    private static DescriptorEnd[] single(DescriptorEnd end) {
        return new DescriptorEnd[] {end.isReadable() ? end : null, end.isWritable() ? end : null};
    }

    private static DescriptorEnd[] pair(int input, int output) {
        if (input == output) {
            throw new ChannelException("fd " + input + " twice is no pair; one descriptor has a constructor of its own");
        }
        DescriptorEnd in = DescriptorEnd.adopt(input);
        DescriptorEnd out = null;
        boolean fits = false;
        try {
            out = DescriptorEnd.adopt(output);
            if (!in.isReadable() || !out.isWritable()) {
                throw new ChannelException("cannot read " + in + " and write " + out + ": " + (in.isReadable() ? out + " is not open for writing"
                        : in + " is not open for reading"));
            }
            fits = true;
            return new DescriptorEnd[] {in, out};
        } finally {
            if (!fits) {
                in.release();
                if (out != null) {
                    out.release();
                }
            }
        }
    }

    /**
     * Opens a FIFO, a terminal or another device, never as controlling terminal. A FIFO's only writer needs a reader to be there
     * (ENXIO otherwise); opened for both directions, which POSIX leaves open and all systems here have, a FIFO never ends.
     *
     * @param options READ and WRITE, both if there is none
     * @throws IOException if {@code open(2)} fails or the file cannot be waited for
     */
    public static KqDescriptorChannel open(Path path, OpenOption... options) throws IOException {
        Kq.ensureAvailability();
        return adoptOrClose(openNumber(path, Set.of(options)));
    }

    private static int openNumber(Path path, Set<OpenOption> options) throws IOException {
        if (!Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE).containsAll(options)) {
            throw new UnsupportedOperationException(options + " (expected: READ, WRITE)");
        }
        boolean read = options.isEmpty() || options.contains(StandardOpenOption.READ);
        boolean write = options.isEmpty() || options.contains(StandardOpenOption.WRITE);
        byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        Memory memory = new Memory(bytes.length + 1);
        memory.putText(0, bytes);
        int access = read ? write ? Constants.O_RDWR : Constants.O_RDONLY : Constants.O_WRONLY;
        int number = DescriptorCalls.open(memory.address(), access);
        Reference.reachabilityFence(memory);
        return Errno.check("open", number, path);
    }

    private static KqDescriptorChannel adoptOrClose(int number) throws IOException {
        DescriptorEnd end = null;
        try {
            end = DescriptorEnd.adopt(number);
        } catch (ChannelException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            if (end == null) {
                SocketCalls.close(number);
            }
        }
        return new KqDescriptorChannel(single(end));
    }

    /** A pipe: what is written to the second channel is read from the first. */
    public static List<KqDescriptorChannel> pipe() throws IOException {
        Kq.ensureAvailability();
        Memory ends = new Memory(2 * Integer.BYTES);
        Errno.check("pipe", IoCalls.pipe(ends.address()));
        KqDescriptorChannel reader = null;
        KqDescriptorChannel writer = null;
        try {
            reader = adoptOrClose(ends.buffer().getInt(0));
        } finally {
            if (reader == null) {
                SocketCalls.close(ends.buffer().getInt(Integer.BYTES));
            }
        }
        try {
            writer = adoptOrClose(ends.buffer().getInt(Integer.BYTES));
            return List.of(reader, writer);
        } finally {
            if (writer == null) {
                reader.unsafe().closeForcibly();
            }
        }
    }

    /**
     * The process's standard input and output as one channel. It works on duplicates: closing it leaves descriptors 0 and 1 open. Until then
     * they are non-blocking, which {@link System#out} does not expect.
     *
     * @throws ChannelException if one of them cannot be waited for, such as a file that was redirected to
     */
    public static KqDescriptorChannel standardStreams() throws IOException {
        Kq.ensureAvailability();
        int in = Errno.check("fcntl", DescriptorCalls.duplicate(STANDARD_INPUT), "standard input");
        int out = DescriptorCalls.duplicate(STANDARD_OUTPUT);
        boolean made = false;
        try {
            Errno.check("fcntl", out, "standard output");
            KqDescriptorChannel channel = new KqDescriptorChannel(in, out);
            made = true;
            return channel;
        } finally {
            if (!made) {
                SocketCalls.close(in);
                SocketCalls.close(out);
            }
        }
    }

    private boolean isPair() {
        return input != null && output != null && input != output;
    }

    /** The end terminal options are about. */
    private DescriptorEnd terminal() {
        return input == null || isPair() && !input.isTty() && output.isTty() ? output : input;
    }

    @Override
    public KqDescriptorChannelConfig config() {
        return config;
    }

    @Override
    protected SocketAddress localAddress0() {
        return null;
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return null;
    }

    @Override
    protected void doBind(SocketAddress localAddress) {
        throw new UnsupportedOperationException("a descriptor channel has no address");
    }

    @Override
    boolean doConnect(SocketAddress remoteAddress, SocketAddress localAddress) {
        throw new UnsupportedOperationException("a descriptor channel has no address");
    }

    @Override
    void armRead() {
        if (input != null) {
            super.armRead();
        } else if (output.hasHangup()) {
            registration().armHangup();
        }
        if (isPair() && output.fd().isOpen()) {
            outputRegistration = registration().sibling(output.fd().number(), new OutputHandler());
            if (output.hasHangup()) {
                outputRegistration.armHangup();
            }
        }
    }

    @Override
    Registration writeRegistration() {
        return isPair() ? outputRegistration : registration();
    }

    @Override
    int receive(long address, int length) {
        int n = super.receive(address, length);
        // Linux's n_tty_read() after the hang-up of the other side; a BSD reads 0.
        return n == -Constants.EIO && input.isTty() ? 0 : n;
    }

    @Override
    int send(long address, int length) {
        return DescriptorCalls.write(output.fd().number(), address, length);
    }

    @Override
    int sendGathered(long iov, int count) {
        return DescriptorCalls.writev(output.fd().number(), iov, count);
    }

    @Override
    boolean hasSendfile() {
        return super.hasSendfile() && input == output && output.isSocket();
    }

    @Override
    protected Object filterOutboundMessage(Object message) throws Exception {
        if (output == null) {
            throw new UnsupportedOperationException(input + " is open for reading only");
        }
        return super.filterOutboundMessage(message);
    }

    /** A pair's output that fails takes only itself along: Netty shuts it down for whatever is no IOException. */
    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
        try {
            super.doWrite(in);
        } catch (IOException e) {
            if (isPair()) {
                throw new ChannelException(e.getMessage(), e);
            }
            throw e;
        }
    }

    @Override
    void hungUp(boolean eof, int errno) {
        if (input == null && eof) {
            outputGone();
        } else {
            super.hungUp(eof, errno);
        }
    }

    /** Nobody reads any more: what still waits is told so by the write. */
    private void outputGone() {
        if (isOpen() && !isOutputShutdown()) {
            writeRegistration().forgetWrite();
            flushNow();
        }
        if (isOpen() && !isOutputShutdown()) {
            shutdownOutput();
        }
    }

    @Override
    IOException outputShutdownRefused() {
        return input != null && input == output && !input.isSocket() && isOpen()
                ? new IOException("shutdownOutput: " + input + " is one descriptor for both directions, its output cannot end alone") : null;
    }

    @Override
    void shutdownDescriptor(boolean read, boolean write) throws IOException {
        if (input == output && input.isSocket()) {
            super.shutdownDescriptor(read, write);
        } else if (isPair() && write) {
            outputRegistration.close();
            output.close();
        } else if (write ? input == null : output == null) {
            // Its only direction.
            eventLoop().execute(() -> unsafe().close(voidPromise()));
        }
    }

    /** As with SO_LINGER: the descriptor leaves the loop, and another thread waits for close(2). */
    @Override
    Executor closeExecutor() {
        boolean lingers = input != null && input.mayLinger() || output != null && output.mayLinger();
        if (!lingers || !isAttached() || eventLoop().isShuttingDown()) {
            return null;
        }
        leaveLoop();
        return GlobalEventExecutor.INSTANCE;
    }

    @Override
    protected void doDeregister() throws Exception {
        super.doDeregister();
        if (outputRegistration != null) {
            outputRegistration.deregister();
        }
    }

    @Override
    protected void doClose() throws Exception {
        writeDeferred();
        if (outputRegistration != null) {
            outputRegistration.close();
        }
        try {
            if (output != null) {
                output.giveBack();
            }
            if (input != null) {
                input.giveBack();
            }
            super.doClose();
        } finally {
            if (output != null) {
                output.close();
            }
        }
    }

    /** Readiness of the output descriptor of a pair. */
    private final class OutputHandler implements ReadyHandler {
        @Override
        public void onReadable(long data, boolean eof, int errno) {
            if (eof) {
                outputGone();
            }
        }

        @Override
        public void onWritable(boolean eof, int errno) {
            if (!isOutputShutdown()) {
                flushNow();
            }
        }

        @Override
        public void onError(String call, int errno) {
            pipeline().fireExceptionCaught(refusedFilter(call, errno));
            unsafe().close(voidPromise());
        }
    }
}
