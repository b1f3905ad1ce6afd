package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Fd;
import io.kqnet.sys.SocketCalls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.IllegalReferenceCountException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * Bytes of a {@link KqDomainSocketChannel} and the descriptors that travel with the first of them ({@code SCM_RIGHTS}, {@code unix(4)}).
 *
 * <p>Written, it is sent by one {@code sendmsg(2)}, or several if the socket takes fewer bytes; the descriptors go exactly once. The peer
 * gets duplicates of them. Descriptors cannot travel without a byte: an empty content is sent as one zero byte, which the receiver sees as
 * content. At most {@link #maxDescriptors()} fit in a message; writing more fails before anything is sent.
 *
 * <p>Received only with {@link KqChannelOption#DESCRIPTOR_MESSAGES}; bytes that came without descriptors are a plain ByteBuf. The
 * descriptors are close-on-exec and in the order the peer sent them. Linux may put bytes that were sent before them in front.
 *
 * <p><b>Ownership:</b> the message owns its content and its descriptors. The last {@link #release()} closes the descriptors that were not
 * taken by {@link #takeDescriptors()}; writing a message gives it to the channel, which releases it when it was sent or has failed. Whoever
 * wants to keep using a descriptor that it sends, sends a duplicate. A plain {@link FileDescriptor} may be written instead, alone: it is not
 * closed. A descriptor has one owner: copies and duplicates of a message have its content only.
 *
 * <p>Not thread safe.
 */
public final class KqDescriptorMessage extends AbstractReferenceCounted implements ByteBufHolder {
    private ByteBuf content;
    private List<FileDescriptor> descriptors;

    /**
     * Takes over content and descriptors.
     *
     * @param content may be empty
     */
    public KqDescriptorMessage(ByteBuf content, List<? extends FileDescriptor> descriptors) {
        this.content = Objects.requireNonNull(content, "content");
        this.descriptors = Collections.unmodifiableList(new ArrayList<>(descriptors));
        for (FileDescriptor descriptor : descriptors) {
            Objects.requireNonNull(descriptor, "descriptor");
        }
    }

    /**
     * A descriptor that was opened elsewhere, by number; its {@link FileDescriptor#close()} works without Netty's native library, unlike that
     * of {@code new FileDescriptor(int)}.
     */
    public static FileDescriptor descriptor(int number) {
        return new KqFileDescriptor(new Fd(number));
    }

    /** How many descriptors one message can carry on every system. */
    public static int maxDescriptors() {
        return Constants.DESCRIPTORS_MAX;
    }

    /** The descriptors, still the message's; empty once they were taken or sent. */
    public List<FileDescriptor> descriptors() {
        return descriptors;
    }

    /** The descriptors, the caller's from now on. */
    public List<FileDescriptor> takeDescriptors() {
        if (refCnt() == 0) {
            throw new IllegalReferenceCountException(0);
        }
        List<FileDescriptor> taken = descriptors;
        descriptors = Collections.emptyList();
        return taken;
    }

    /** The kernel has duplicates of them now. */
    void sent() {
        close(takeDescriptors());
    }

    /** Makes the content memory the kernel can read. */
    void toDirect(ByteBufAllocator allocator) {
        content = (ByteBuf) OutboundMessages.forStream(content, allocator);
    }

    static void close(List<FileDescriptor> descriptors) {
        for (FileDescriptor descriptor : descriptors) {
            close(descriptor);
        }
    }

    static void close(FileDescriptor descriptor) {
        try {
            descriptor.close();
        } catch (IOException e) {
            // close(2) has given the number up all the same.
        } catch (LinkageError e) {
            // One of Netty's own, without Netty's native library: it is marked closed now, and its number is still open.
            SocketCalls.close(descriptor.intValue());
        }
    }

    @Override
    public ByteBuf content() {
        if (refCnt() == 0) {
            throw new IllegalReferenceCountException(0);
        }
        return content;
    }

    @Override
    protected void deallocate() {
        content.release();
        List<FileDescriptor> left = descriptors;
        descriptors = Collections.emptyList();
        close(left);
    }

    /** A copy of the content, without descriptors. */
    @Override
    public ByteBufHolder copy() {
        return new DefaultByteBufHolder(content().copy());
    }

    /** A duplicate of the content, without descriptors. */
    @Override
    public ByteBufHolder duplicate() {
        return new DefaultByteBufHolder(content().duplicate());
    }

    /** A retained duplicate of the content, without descriptors. */
    @Override
    public ByteBufHolder retainedDuplicate() {
        return new DefaultByteBufHolder(content().retainedDuplicate());
    }

    /** A message with another content, which takes the descriptors from this one. */
    @Override
    public KqDescriptorMessage replace(ByteBuf content) {
        Objects.requireNonNull(content, "content");
        return new KqDescriptorMessage(content, takeDescriptors());
    }

    @Override
    public KqDescriptorMessage retain() {
        super.retain();
        return this;
    }

    @Override
    public KqDescriptorMessage retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public KqDescriptorMessage touch() {
        content.touch();
        return this;
    }

    @Override
    public KqDescriptorMessage touch(Object hint) {
        content.touch(hint);
        return this;
    }

    @Override
    public String toString() {
        return "KqDescriptorMessage(" + (refCnt() == 0 ? "released" : content + ", descriptors " + descriptors) + ')';
    }
}
