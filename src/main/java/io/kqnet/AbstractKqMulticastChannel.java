package io.kqnet;

import io.kqnet.sys.Fd;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DatagramChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;

/** The forms in which {@link DatagramChannel} offers multicast membership. */
abstract class AbstractKqMulticastChannel extends AbstractKqChannel implements DatagramChannel {
    AbstractKqMulticastChannel(Fd fd) {
        super(null, fd);
    }

    @Override
    public abstract KqDatagramChannelConfig config();

    @Override
    public final InetSocketAddress localAddress() {
        return (InetSocketAddress) super.localAddress();
    }

    @Override
    public final InetSocketAddress remoteAddress() {
        return (InetSocketAddress) super.remoteAddress();
    }

    abstract Multicast multicast();

    /** The interface that is meant where none is named; null for the kernel's choice. */
    abstract NetworkInterface defaultInterface() throws IOException;

    private interface Change {
        void apply(Multicast multicast) throws IOException;
    }

    private ChannelFuture change(ChannelPromise promise, Change change) {
        if (eventLoop().inEventLoop()) {
            try {
                change.apply(multicast());
                promise.trySuccess();
            } catch (Exception e) {
                promise.tryFailure(e);
            }
        } else {
            eventLoop().execute(() -> change(promise, change));
        }
        return promise;
    }

    @Override
    public final ChannelFuture joinGroup(InetAddress multicastAddress) {
        return joinGroup(multicastAddress, newPromise());
    }

    @Override
    public final ChannelFuture joinGroup(InetAddress multicastAddress, ChannelPromise promise) {
        return change(promise, multicast -> multicast.join(multicastAddress, defaultInterface(), null));
    }

    @Override
    public final ChannelFuture joinGroup(InetSocketAddress multicastAddress, NetworkInterface networkInterface) {
        return joinGroup(multicastAddress, networkInterface, newPromise());
    }

    @Override
    public final ChannelFuture joinGroup(InetSocketAddress multicastAddress, NetworkInterface networkInterface, ChannelPromise promise) {
        return joinGroup(multicastAddress.getAddress(), networkInterface, null, promise);
    }

    @Override
    public final ChannelFuture joinGroup(InetAddress multicastAddress, NetworkInterface networkInterface, InetAddress source) {
        return joinGroup(multicastAddress, networkInterface, source, newPromise());
    }

    @Override
    public final ChannelFuture joinGroup(InetAddress multicastAddress, NetworkInterface networkInterface, InetAddress source,
            ChannelPromise promise) {
        return change(promise, multicast -> multicast.join(multicastAddress, networkInterface, source));
    }

    @Override
    public final ChannelFuture leaveGroup(InetAddress multicastAddress) {
        return leaveGroup(multicastAddress, newPromise());
    }

    @Override
    public final ChannelFuture leaveGroup(InetAddress multicastAddress, ChannelPromise promise) {
        return change(promise, multicast -> multicast.leave(multicastAddress, defaultInterface(), null));
    }

    @Override
    public final ChannelFuture leaveGroup(InetSocketAddress multicastAddress, NetworkInterface networkInterface) {
        return leaveGroup(multicastAddress, networkInterface, newPromise());
    }

    @Override
    public final ChannelFuture leaveGroup(InetSocketAddress multicastAddress, NetworkInterface networkInterface, ChannelPromise promise) {
        return leaveGroup(multicastAddress.getAddress(), networkInterface, null, promise);
    }

    @Override
    public final ChannelFuture leaveGroup(InetAddress multicastAddress, NetworkInterface networkInterface, InetAddress source) {
        return leaveGroup(multicastAddress, networkInterface, source, newPromise());
    }

    @Override
    public final ChannelFuture leaveGroup(InetAddress multicastAddress, NetworkInterface networkInterface, InetAddress source,
            ChannelPromise promise) {
        return change(promise, multicast -> multicast.leave(multicastAddress, networkInterface, source));
    }

    @Override
    public final ChannelFuture block(InetAddress multicastAddress, InetAddress sourceToBlock) {
        return block(multicastAddress, sourceToBlock, newPromise());
    }

    @Override
    public final ChannelFuture block(InetAddress multicastAddress, InetAddress sourceToBlock, ChannelPromise promise) {
        return change(promise, multicast -> multicast.block(multicastAddress, defaultInterface(), sourceToBlock));
    }

    @Override
    public final ChannelFuture block(InetAddress multicastAddress, NetworkInterface networkInterface, InetAddress sourceToBlock) {
        return block(multicastAddress, networkInterface, sourceToBlock, newPromise());
    }

    @Override
    public final ChannelFuture block(InetAddress multicastAddress, NetworkInterface networkInterface, InetAddress sourceToBlock,
            ChannelPromise promise) {
        return change(promise, multicast -> multicast.block(multicastAddress, networkInterface, sourceToBlock));
    }
}
