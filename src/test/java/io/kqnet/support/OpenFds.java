package io.kqnet.support;

import io.kqnet.Kq;
import io.netty.util.NetUtil;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The process's open descriptors, to compare before and after. Works where the system has {@code /dev/fd} (fdescfs mounted on FreeBSD). */
public final class OpenFds {
    private static boolean jdkMarkerMade;

    private final Map<Integer, String> before;

    private OpenFds(Map<Integer, String> before) {
        this.before = before;
    }

    /** What JDK and Netty open once and for all when they are first used does not count. */
    public static OpenFds now() {
        Objects.requireNonNull(NetUtil.LOCALHOST, "localhost");
        Kq.isAvailable();
        makeJdkMarker();
        return new OpenFds(list());
    }

    /** Waits until no more descriptors are open than at {@link #now()}. */
    public void awaitNoneLeft() throws InterruptedException {
        try {
            Await.until(() -> list().size() <= before.size());
        } catch (AssertionError e) {
            Map<Integer, String> left = list();
            left.keySet().removeAll(before.keySet());
            throw new AssertionError("descriptors left open: " + left, e);
        }
    }

    private static Map<Integer, String> list() {
        Map<Integer, String> fds = new TreeMap<>();
        File directory = new File(new File("/proc/self/fd").isDirectory() ? "/proc/self/fd" : "/dev/fd");
        String[] names = directory.list();
        if (names == null) {
            return fds;
        }
        for (String name : names) {
            String target = target(new File(directory, name));
            // Files come and go with class loading, in any thread at any time.
            if (!target.startsWith("/") || target.startsWith("/dev/pt") || target.contains("kqnet-fifo")) {
                fds.put(Integer.valueOf(name), target);
            }
        }
        return fds;
    }

    private static String target(File link) {
        try {
            return Files.readSymbolicLink(link.toPath()).toString();
        } catch (IOException | UnsupportedOperationException e) {
            return "/gone";
        }
    }

    /** The JDK keeps a socket for interrupting blocked readers; it is made when a java.net.Socket is first closed under one. */
    @SuppressWarnings("try") // closed inside on purpose
    private static synchronized void makeJdkMarker() {
        if (jdkMarkerMade) {
            return;
        }
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket peer = server.accept()) {
            Thread reader = new Thread(() -> readQuietly(socket));
            reader.start();
            Await.quiet(50);
            socket.close();
            reader.join();
            jdkMarkerMade = peer.isBound();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void readQuietly(Socket socket) {
        try {
            socket.getInputStream().read();
        } catch (IOException ignored) {
            // Closed under it, as intended.
        }
    }
}
