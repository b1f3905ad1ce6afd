package io.kqnet.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.kqnet.KqDomainDatagramChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.unix.DomainDatagramChannel;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.DatagramUnicastTest;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** The kit's datagram tests, which leave to a transport what its packets are, with those of the Unix domain. */
abstract class DomainDatagramUnicastKit extends DatagramUnicastTest {
    private final UnixPermutation pairs;
    private Channel client;

    DomainDatagramUnicastKit(UnixPermutation pairs) {
        this.pairs = pairs;
    }

    @Override
    protected List<BootstrapComboFactory<Bootstrap, Bootstrap>> newFactories() {
        return pairs.datagrams();
    }

    @Override
    protected SocketAddress newSocketAddress() {
        return pairs.newAddress();
    }

    @Override
    protected boolean isConnected(Channel channel) {
        return ((DomainDatagramChannel) channel).isConnected();
    }

    /** Netty's epoll transport closes instead. */
    @Override
    protected boolean supportDisconnect() {
        return client instanceof KqDomainDatagramChannel;
    }

    @Override
    protected Channel setupClientChannel(Bootstrap bootstrap, byte[] bytes, CountDownLatch latch, AtomicReference<Throwable> failure)
            throws Throwable {
        client = bootstrap.handler(new Checks(bytes, null, false, latch, failure)).bind(newSocketAddress()).sync().channel();
        return client;
    }

    @Override
    protected Channel setupServerChannel(Bootstrap bootstrap, byte[] bytes, SocketAddress sender, CountDownLatch latch,
            AtomicReference<Throwable> failure, boolean echo) throws Throwable {
        return bootstrap.handler(new Checks(bytes, sender, echo, latch, failure)).bind(newSocketAddress()).sync().channel();
    }

    @Override
    protected ChannelFuture write(Channel channel, ByteBuf buf, SocketAddress remote, WrapType wrap) {
        DomainSocketAddress recipient = (DomainSocketAddress) remote;
        switch (wrap) {
            case DUP:
                return channel.write(new DomainDatagramPacket(buf.retainedDuplicate(), recipient));
            case SLICE:
                return channel.write(new DomainDatagramPacket(buf.retainedSlice(), recipient));
            case READ_ONLY:
                return channel.write(new DomainDatagramPacket(buf.retain().asReadOnly(), recipient));
            default:
                return channel.write(new DomainDatagramPacket(buf.retain(), recipient));
        }
    }

    /** Counts packets down that are as expected, and answers them if asked to. */
    private static final class Checks extends SimpleChannelInboundHandler<DomainDatagramPacket> {
        private final byte[] bytes;
        private final SocketAddress sender;
        private final boolean echo;
        private final CountDownLatch latch;
        private final AtomicReference<Throwable> failure;

        Checks(byte[] bytes, SocketAddress sender, boolean echo, CountDownLatch latch, AtomicReference<Throwable> failure) {
            this.bytes = bytes;
            this.sender = sender;
            this.echo = echo;
            this.latch = latch;
            this.failure = failure;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DomainDatagramPacket packet) {
            try {
                assertArrayEquals(bytes, ByteBufUtil.getBytes(packet.content()));
                assertEquals(context.channel().localAddress(), packet.recipient());
                assertNotNull(packet.sender());
                if (sender != null) {
                    assertEquals(sender, packet.sender());
                }
                if (echo) {
                    context.writeAndFlush(new DomainDatagramPacket(packet.content().retainedDuplicate(), packet.sender()));
                }
            } finally {
                latch.countDown();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            failure.compareAndSet(null, cause);
        }
    }
}
