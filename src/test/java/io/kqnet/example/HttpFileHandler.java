package io.kqnet.example;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Answers GET and HEAD: a file through {@link DefaultFileRegion}, a directory by its names, {@code /} of a plain directory by a greeting. */
final class HttpFileHandler extends SimpleChannelInboundHandler<HttpObject> {
    private final Path root;

    HttpFileHandler(Path root) {
        this.root = root;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) throws Exception {
        if (!(message instanceof HttpRequest)) {
            return;
        }
        HttpRequest request = (HttpRequest) message;
        boolean head = HttpMethod.HEAD.equals(request.method());
        if (request.decoderResult().isFailure()) {
            text(context, request, HttpResponseStatus.BAD_REQUEST, "bad request\n", head);
        } else if (!head && !HttpMethod.GET.equals(request.method())) {
            text(context, request, HttpResponseStatus.METHOD_NOT_ALLOWED, "GET or HEAD only\n", false);
        } else {
            answer(context, request, head);
        }
    }

    private void answer(ChannelHandlerContext context, HttpRequest request, boolean head) throws Exception {
        Path path = root.resolve(new QueryStringDecoder(request.uri()).path().substring(1)).normalize();
        if (!path.startsWith(root) || !Files.exists(path) || !path.toRealPath().startsWith(root.toRealPath())) {
            text(context, request, HttpResponseStatus.NOT_FOUND, "not found\n", head);
        } else if (Files.isDirectory(path)) {
            text(context, request, HttpResponseStatus.OK, names(path), head);
        } else {
            file(context, request, path.toFile(), head);
        }
    }

    private static String names(Path directory) {
        String[] names = directory.toFile().list();
        return names == null || names.length == 0 ? "empty\n" : String.join("\n", names) + '\n';
    }

    private static void text(ChannelHandlerContext context, HttpRequest request, HttpResponseStatus status, String text, boolean head) {
        ByteBuf content = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
        int length = content.readableBytes();
        if (head) {
            content.clear();
        }
        HttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, content);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8").set(HttpHeaderNames.CONTENT_LENGTH, length);
        finish(context, request, response);
    }

    private static void file(ChannelHandlerContext context, HttpRequest request, File file, boolean head) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream").set(HttpHeaderNames.CONTENT_LENGTH, file.length());
        HttpUtil.setKeepAlive(response, HttpUtil.isKeepAlive(request));
        context.write(response);
        if (!head && file.length() > 0) {
            context.write(new DefaultFileRegion(file, 0, file.length()));
        }
        finish(context, request, LastHttpContent.EMPTY_LAST_CONTENT);
    }

    private static void finish(ChannelHandlerContext context, HttpRequest request, Object last) {
        boolean keepAlive = HttpUtil.isKeepAlive(request);
        if (last instanceof HttpResponse) {
            HttpUtil.setKeepAlive((HttpResponse) last, keepAlive);
        }
        context.writeAndFlush(last).addListener(keepAlive ? ChannelFutureListener.CLOSE_ON_FAILURE : ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
