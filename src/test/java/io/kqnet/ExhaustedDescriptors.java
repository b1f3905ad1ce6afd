package io.kqnet;

import io.kqnet.support.Await;
import io.kqnet.support.Counts;
import io.kqnet.support.LoopKind;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** Program of {@link KqServerSocketChannelTest}, to be run with few descriptors: runs out of them while connections wait. */
public final class ExhaustedDescriptors {
    private static final int CONNECTIONS = 10;

    private ExhaustedDescriptors() {
    }

    public static void main(String[] args) throws Exception {
        Kq.ensureAvailability();
        // Loads the classes that the failure needs while files can still be opened.
        Errno.toException("accept", -Constants.EMFILE, "").getMessage();
        Await.until(() -> true);
        try {
            run(args);
        } catch (Throwable t) {
            t.printStackTrace(System.out);
            System.exit(1);
        }
        System.out.println("ok");
    }

    private static void run(String[] args) throws Exception {
        EventLoopGroup group = LoopKind.valueOf(args[0]).newGroup(1);
        List<Throwable> causes = new CopyOnWriteArrayList<>();
        Channel server = new ServerBootstrap().group(group).channel(KqServerSocketChannel.class).handler(causes(causes))
                .childHandler(new Echo()).bind("127.0.0.1", 0).sync().channel();
        echo(connect(server));
        CountDownLatch exhausted = new CountDownLatch(1);
        server.eventLoop().execute(() -> {
            try {
                exhausted.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        List<Socket> waiting = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            waiting.add(connect(server));
        }
        Counts before = Counts.of(server.eventLoop());
        List<Closeable> hoard = openUntilRefused();
        exhausted.countDown();
        Await.until(() -> !causes.isEmpty());
        Await.quiet(400);
        Counts spent = before.since(server.eventLoop());
        closeAll(hoard);
        String message = causes.get(0).getMessage();
        check(message != null && message.contains("accept(..)") && message.contains("EMFILE"), causes.get(0));
        // The JVM closes files of its own now and then, which lets a connection or two in before the first refusal.
        check(spent.accepts <= CONNECTIONS && spent.kevents <= 3, spent.accepts + " accepts, " + spent.kevents + " kevents while resting");
        for (Socket socket : waiting) {
            echo(socket);
        }
        echo(connect(server));
        check(causes.size() == 1, causes);
        group.shutdownGracefully().sync();
    }

    private static void check(boolean condition, Object otherwise) {
        if (!condition) {
            System.out.println("failed: " + otherwise);
            System.exit(1);
        }
    }

    private static ChannelHandler causes(List<Throwable> causes) {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                causes.add(cause);
            }
        };
    }

    private static Socket connect(Channel server) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(10_000);
        socket.connect(server.localAddress(), 10_000);
        return socket;
    }

    private static void echo(Socket socket) throws IOException {
        socket.getOutputStream().write(42);
        check(socket.getInputStream().read() == 42, "no echo");
    }

    private static List<Closeable> openUntilRefused() {
        List<Closeable> opened = new ArrayList<>();
        for (;;) {
            try {
                opened.add(new RandomAccessFile(new File("/dev/null"), "r"));
            } catch (IOException refused) {
                return opened;
            }
        }
    }

    private static void closeAll(List<Closeable> opened) throws IOException {
        for (Closeable file : opened) {
            file.close();
        }
    }

    @Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }
}
