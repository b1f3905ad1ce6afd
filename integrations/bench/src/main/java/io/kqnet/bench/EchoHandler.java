// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Answers each complete message by one of the same length, flushed by itself; closes on any error. */
class EchoHandler extends ChannelInboundHandlerAdapter {
    private final ByteBuf answer;
    private int pendingBytes;

    EchoHandler(ByteBuf answer) {
        this.answer = answer;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        ByteBuf in = (ByteBuf) msg;
        pendingBytes += in.readableBytes();
        in.release();
        for (; pendingBytes >= answer.readableBytes(); pendingBytes -= answer.readableBytes()) {
            ctx.writeAndFlush(answer.duplicate());
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
