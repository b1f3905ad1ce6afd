package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.DescriptorCalls;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Memory;
import io.kqnet.sys.TtyCalls;
import io.netty.channel.ChannelException;
import java.io.Closeable;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/**
 * A pseudo-terminal, {@code posix_openpt(3)}: a channel for the side that plays the terminal, and a path for the programs on its other side. Until
 * {@link #close()} the other side is held open, because without it some systems report a hang-up at once (macOS); after it the channel ends
 * when the last program that has it open is gone.
 *
 * <p>The terminal starts in its usual mode: it echoes, and collects lines. {@code channel().config().setOption(KqChannelOption.TTY_RAW, true)}
 * changes that.
 */
public final class KqPty implements Closeable {
    private static final int PATH_MAX = 128;
    /**
     * The shell opens the terminal, not this JVM, which would get it as controlling terminal if it led a session without one, and be ended
     * by its hang-up. util-linux and BusyBox have {@code setsid -c}; without it the program has no controlling terminal: no job control, no ^C.
     */
    private static final String START = "exec <\"$0\" >\"$0\" 2>&1; case \"$(setsid --help 2>&1)\" in *-c*) exec setsid -c \"$@\";; esac; exec \"$@\"";

    private final KqDescriptorChannel channel;
    private final Path path;
    private final Fd slave;

    private KqPty(KqDescriptorChannel channel, Path path, Fd slave) {
        this.channel = channel;
        this.path = path;
        this.slave = slave;
    }

    /** @throws IOException if the system has no more of them */
    public static KqPty open() throws IOException {
        Kq.ensureAvailability();
        Memory name = new Memory(PATH_MAX);
        Fd master = new Fd(Errno.check("posix_openpt", TtyCalls.open(name.address(), PATH_MAX)));
        Fd slave = null;
        KqDescriptorChannel channel = null;
        String path = text(name);
        try {
            slave = new Fd(Errno.check("open", DescriptorCalls.open(name.address(), Constants.O_RDWR), path));
            channel = new KqDescriptorChannel(master.number());
        } catch (ChannelException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            if (channel == null) {
                master.close();
                if (slave != null) {
                    slave.close();
                }
            }
        }
        Reference.reachabilityFence(name);
        return new KqPty(channel, Paths.get(path), slave);
    }

    private static String text(Memory memory) {
        byte[] bytes = new byte[PATH_MAX];
        memory.buffer().duplicate().get(bytes);
        int length = 0;
        while (bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** Not registered to a loop yet. */
    public KqDescriptorChannel channel() {
        return channel;
    }

    /** What the programs open, such as {@code /dev/pts/3}. */
    public Path path() {
        return path;
    }

    /** Size in characters; the programs on the other side are told by SIGWINCH. */
    public void resize(int columns, int rows) throws IOException {
        Errno.check("ioctl", TtyCalls.resize(channel.descriptor().openNumber(), columns, rows), "TIOCSWINSZ " + columns + "x" + rows);
    }

    /**
     * Starts a program whose three standard streams are this terminal, and its controlling terminal where the system has {@code setsid -c}; then
     * releases the other side as {@link #close()} does. The builder's command is run by {@code sh}, its redirects are not used. A program that
     * cannot be run is reported on the terminal, the exit status is 126 or 127. Blocks until the shell runs.
     */
    public Process start(ProcessBuilder builder) throws IOException {
        List<String> program = builder.command();
        List<String> command = new ArrayList<>(List.of("sh", "-c", START, path.toString()));
        command.addAll(program);
        ProcessBuilder own = new ProcessBuilder(command).directory(builder.directory());
        own.environment().clear();
        own.environment().putAll(builder.environment());
        Process process = own.start();
        awaitTerminal(process);
        close();
        return process;
    }

    /** Both pipes end when the shell has the terminal in their place; were this side released earlier, nobody might have the other one open. */
    private static void awaitTerminal(Process process) throws IOException {
        process.getOutputStream().close();
        process.getInputStream().readAllBytes();
        process.getInputStream().close();
        String complaint = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        process.getErrorStream().close();
        if (!complaint.isEmpty()) {
            throw new IOException(complaint);
        }
    }

    /** Releases the other side. A second call does nothing. */
    @Override
    public void close() throws IOException {
        slave.close();
    }
}
