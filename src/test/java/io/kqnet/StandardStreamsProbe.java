package io.kqnet;

import io.kqnet.sys.DescriptorCalls;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/** Copies standard input to standard output through a channel, then tells what state they are left in. */
public final class StandardStreamsProbe {
    private StandardStreamsProbe() {
    }

    public static void main(String[] args) throws Exception {
        KqEventLoopGroup group = new KqEventLoopGroup(1);
        KqDescriptorChannel channel = KqDescriptorChannel.standardStreams();
        new Bootstrap().group(group).channelFactory(() -> channel).handler(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                context.writeAndFlush(message);
            }
        }).register().sync();
        channel.closeFuture().sync();
        System.out.println("; blocking again: " + DescriptorCalls.adopt(0) + DescriptorCalls.adopt(1));
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
}
