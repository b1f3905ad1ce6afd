package io.kqnet.example;

import io.kqnet.Kq;
import io.kqnet.KqEventLoopGroup;
import io.kqnet.KqServerSocketChannel;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.concurrent.TimeUnit;

/**
 * HTTP/1.1 server for the files below a directory: {@code HttpFileServer [port [directory]]}. The group's and the channel's class are all
 * that is specific to this transport.
 */
public final class HttpFileServer {
    private HttpFileServer() {
    }

    public static void main(String[] args) throws InterruptedException {
        int port = args.length > 0 ? Integer.parseInt(args[0]) : 8080;
        Path root = Paths.get(args.length > 1 ? args[1] : ".").toAbsolutePath().normalize();
        EventLoopGroup group = new KqEventLoopGroup();
        try {
            Channel server = start(group, port, root);
            System.out.println("http://127.0.0.1:" + port + "/ serves " + root + " on kqueue of " + Kq.platform() + "; Ctrl-C stops it");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                server.close().syncUninterruptibly();
                group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
                System.out.println("stopped");
            }));
            server.closeFuture().sync();
        } finally {
            group.shutdownGracefully();
        }
    }

    /** Binds to 127.0.0.1. */
    public static Channel start(EventLoopGroup group, int port, Path root) throws InterruptedException {
        return new ServerBootstrap()
                .group(group)
                .channel(KqServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new HttpFileHandler(root));
                    }
                })
                .bind("127.0.0.1", port).sync().channel();
    }
}
