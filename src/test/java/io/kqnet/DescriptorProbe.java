package io.kqnet;

import io.kqnet.support.Await;
import io.kqnet.support.Classes;
import io.kqnet.support.LoopKind;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** Run in a JVM of its own with few descriptors by {@link KqEventLoopGroupTest}. */
final class DescriptorProbe {
    /** More than a loop of any kind opens. */
    private static final int ENOUGH = 8;

    private DescriptorProbe() {
    }

    public static void main(String[] arguments) throws Exception {
        warmUp();
        for (LoopKind kind : LoopKind.available()) {
            Deque<Integer> sockets = new ArrayDeque<>();
            for (int free = 0; free <= ENOUGH; free++) {
                fill(sockets);
                for (int i = 0; i < free; i++) {
                    SocketCalls.close(sockets.pop());
                }
                String outcome = attempt(kind);
                int left = fill(sockets);
                // The JVM opens and closes files of its own at any time.
                for (int tries = 0; left < free && tries < 1000; tries++) {
                    Await.quiet(1);
                    left += fill(sockets);
                }
                if (left != free) {
                    throw new AssertionError(kind + " with " + free + " descriptors free " + outcome + " and left " + left);
                }
                System.out.println(kind + " with " + free + ": " + outcome);
            }
            sockets.forEach(SocketCalls::close);
        }
    }

    /** Loading a class takes a descriptor. */
    private static void warmUp() throws ClassNotFoundException, InterruptedException {
        Kq.ensureAvailability();
        Await.quiet(1);
        for (String name : Classes.names()) {
            if (LoopKind.isNetty42() || !name.startsWith("io.kqnet.netty42.")) {
                Class.forName(name);
            }
        }
        for (LoopKind kind : LoopKind.available()) {
            attempt(kind);
        }
        System.out.println("warm: " + describe(new IllegalStateException("warm", Errno.toException("kqueue", -Constants.EMFILE))));
    }

    private static String describe(Throwable t) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = t; cause != null; cause = cause.getCause()) {
            text.append(cause).append("; ");
        }
        return text.toString();
    }

    private static String attempt(LoopKind kind) throws InterruptedException {
        EventLoopGroup group;
        try {
            group = kind.newGroup(1);
        } catch (Throwable t) {
            String text = describe(t);
            return text.contains("(..) failed: EMFILE (") ? "failed as it should: " + text : "failed otherwise: " + text;
        }
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        return "worked in the end";
    }

    private static int fill(Deque<Integer> sockets) {
        int n = 0;
        for (int fd = socket(); fd >= 0; fd = socket()) {
            sockets.push(fd);
            n++;
        }
        return n;
    }

    private static int socket() {
        return SocketCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM);
    }
}
