package io.kqnet;

import io.kqnet.sys.DescriptorCalls;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import java.io.File;
import java.io.IOException;

/**
 * A child process whose standard input and output are a channel: pipes, of which the JDK's {@link Process} would hide the descriptors. What the
 * channel writes is the child's input, {@link KqDescriptorChannel#shutdownOutput()} ends it; the channel ends when the child and all that inherited
 * its output are gone. For a program that wants a terminal there is {@link KqPty}.
 */
public final class KqProcess {
    private final Process process;
    private final KqDescriptorChannel channel;

    private KqProcess(Process process, KqDescriptorChannel channel) {
        this.process = process;
        this.channel = channel;
    }

    /**
     * Starts the builder's process with its standard input and output redirected, which stays in the builder; standard error goes where the builder
     * says. Needs {@code /dev/fd}, which FreeBSD has only with fdescfs mounted and OpenBSD up to number 63.
     *
     * @throws IOException if there is no {@code /dev/fd}, or the program cannot be run
     */
    public static KqProcess start(ProcessBuilder builder) throws IOException {
        Kq.ensureAvailability();
        Fd[] ends = new Fd[4];
        Process process = null;
        KqDescriptorChannel channel = null;
        try {
            pipe(ends, 0);
            pipe(ends, 2);
            builder.redirectInput(path(ends[0]));
            builder.redirectOutput(path(ends[3]));
            process = builder.start();
            channel = new KqDescriptorChannel(ends[2].number(), ends[1].number());
            ends[1].release();
            ends[2].release();
            return new KqProcess(process, channel);
        } finally {
            for (Fd end : ends) {
                if (end != null) {
                    end.close();
                }
            }
            if (channel == null && process != null) {
                process.destroy();
            }
        }
    }

    /** Read end, write end. */
    private static void pipe(Fd[] ends, int index) throws IOException {
        Memory numbers = new Memory(2 * Integer.BYTES);
        Errno.check("pipe", IoCalls.pipe(numbers.address()));
        ends[index] = new Fd(numbers.buffer().getInt(0));
        ends[index + 1] = new Fd(numbers.buffer().getInt(Integer.BYTES));
    }

    /** A child expects blocking streams; where /dev/fd is a duplicate it would get ours. */
    private static File path(Fd end) throws IOException {
        Errno.check("fcntl", DescriptorCalls.restore(end.number()), end);
        File file = new File("/dev/fd/" + end.number());
        if (!file.exists()) {
            throw new IOException("there is no " + file + " to redirect the process to; mount fdescfs, or use KqPty");
        }
        return file;
    }

    public Process process() {
        return process;
    }

    /** Not registered to a loop yet. */
    public KqDescriptorChannel channel() {
        return channel;
    }
}
