package io.kqnet.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kqnet.KqDescriptorMessage;
import io.kqnet.KqServerDomainSocketChannel;
import io.kqnet.support.Await;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Messages;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannelOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;

/** Descriptors between this transport and Netty's for Linux, each reading as Netty's users do. */
@Timeout(60)
class EpollDescriptorTest {
    @ChannelHandler.Sharable
    private static final class Nothing extends ChannelInboundHandlerAdapter {
    }

    private EventLoopGroup group;

    @SuppressWarnings("deprecation") // its successor is not in Netty 4.1
    private Channel connect(UnixNet net, ChannelHandler handler) throws InterruptedException {
        group = new EpollEventLoopGroup(1);
        return new Bootstrap().group(group).channel(EpollDomainSocketChannel.class).handler(handler)
                .option(UnixChannelOption.DOMAIN_SOCKET_READ_MODE, DomainSocketReadMode.FILE_DESCRIPTORS)
                .connect(net.address("a")).sync().channel();
    }

    private ServerBootstrap server(UnixNet net, ChannelHandler child) {
        return new ServerBootstrap().group(net.net().group()).channel(KqServerDomainSocketChannel.class).childHandler(child)
                .childOption(UnixChannelOption.DOMAIN_SOCKET_READ_MODE, DomainSocketReadMode.FILE_DESCRIPTORS);
    }

    private static void assertArePipe(List<Object> descriptors) throws Exception {
        FileDescriptor readEnd = assertInstanceOf(FileDescriptor.class, descriptors.get(0));
        FileDescriptor writeEnd = assertInstanceOf(FileDescriptor.class, descriptors.get(1));
        assertEquals(1, IoCalls.writePipe(writeEnd.intValue()));
        assertEquals(1, IoCalls.read(readEnd.intValue(), new Memory(1).address(), 1));
        readEnd.close();
        writeEnd.close();
    }

    private static FileDescriptor[] pipe() {
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, IoCalls.pipe(ends.address()));
        return new FileDescriptor[] {KqDescriptorMessage.descriptor(ends.buffer().getInt(0)),
                KqDescriptorMessage.descriptor(ends.buffer().getInt(Integer.BYTES))};
    }

    @OverLoops
    void whatEpollSendsArrivesHere(LoopKind loops) throws Exception {
        assumeTrue(Epoll.isAvailable(), "Netty's epoll transport is for Linux");
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            server(net, messages).bind(net.address("a")).sync();
            Channel client = connect(net, new Nothing());
            FileDescriptor[] pipe = pipe();
            client.write(pipe[0]);
            client.writeAndFlush(pipe[1]).sync();
            assertArePipe(messages.await(2));
            pipe[0].close();
            pipe[1].close();
            client.close().sync();
            group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        }
    }

    @OverLoops
    void whatIsSentHereArrivesAtEpoll(LoopKind loops) throws Exception {
        assumeTrue(Epoll.isAvailable(), "Netty's epoll transport is for Linux");
        try (UnixNet net = UnixNet.with(loops)) {
            Channel[] child = new Channel[1];
            server(net, new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                    child[0] = channel;
                }
            }).bind(net.address("a")).sync();
            Messages messages = new Messages();
            Channel client = connect(net, messages);
            Await.until(() -> child[0] != null && child[0].isRegistered());
            FileDescriptor[] pipe = pipe();
            // One after the other: Netty 4.1's epoll now and then forgets the second of two that wait, also when epoll sends them.
            child[0].writeAndFlush(pipe[0]).sync();
            messages.await(1);
            child[0].writeAndFlush(new KqDescriptorMessage(Unpooled.EMPTY_BUFFER, List.of(pipe[1]))).sync();
            assertArePipe(messages.await(2));
            pipe[0].close();
            client.close().sync();
            group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        }
    }
}
