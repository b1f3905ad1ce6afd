package io.kqnet.example;

import io.kqnet.Kq;
import io.kqnet.KqEventLoopGroup;
import io.kqnet.KqPty;
import io.kqnet.KqServerSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ForkJoinPool;

/**
 * A shell on a pseudo-terminal for everybody who connects: {@code ShellServer [port]}, then {@code nc 127.0.0.1 2323} or, for single keys,
 * {@code stty raw -echo; nc 127.0.0.1 2323; stty sane}. It listens on 127.0.0.1 only and asks nobody who they are: whoever has an account on
 * this machine gets yours.
 */
public final class ShellServer {
    private ShellServer() {
    }

    public static void main(String[] args) throws InterruptedException {
        int port = args.length > 0 ? Integer.parseInt(args[0]) : 2323;
        EventLoopGroup group = new KqEventLoopGroup();
        try {
            Channel server = start(group, port, List.of("sh", "-i"));
            System.out.println("a shell on 127.0.0.1:" + port + ", on kqueue of " + Kq.platform() + "; Ctrl-C stops it");
            server.closeFuture().sync();
        } finally {
            group.shutdownGracefully();
        }
    }

    /** Binds to 127.0.0.1. */
    public static Channel start(EventLoopGroup group, int port, List<String> command) throws InterruptedException {
        return new ServerBootstrap()
                .group(group)
                .channel(KqServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new Login(command));
                    }
                })
                .bind("127.0.0.1", port).sync().channel();
    }

    /** Starts the shell; off the loop, since starting a process blocks. */
    private static final class Login extends ChannelInboundHandlerAdapter {
        private final List<String> command;

        Login(List<String> command) {
            this.command = command;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            ForkJoinPool.commonPool().execute(() -> {
                try {
                    run(context.channel());
                } catch (IOException | InterruptedException e) {
                    context.fireExceptionCaught(e);
                    context.close();
                }
            });
        }

        private void run(Channel client) throws IOException, InterruptedException {
            try (KqPty pty = KqPty.open()) {
                new Bootstrap().group(client.eventLoop()).channelFactory(pty::channel).handler(new Bridge(client)).register().sync();
                Process shell = pty.start(new ProcessBuilder(command));
                pty.channel().closeFuture().addListener(closed -> shell.destroy());
                client.pipeline().addLast(new Bridge(pty.channel())).remove(this);
                client.config().setAutoRead(true);
            }
        }
    }
}
