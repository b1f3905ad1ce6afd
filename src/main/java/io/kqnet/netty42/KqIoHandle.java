package io.kqnet.netty42;

import io.netty.channel.IoHandle;

/**
 * Something with a descriptor that a {@link KqIoHandler} can watch. Its {@code handle} is given {@link KqIoEvent}s, valid during the call
 * only; what it wants to hear of it says with {@link KqIoOps}.
 */
@SuppressWarnings("try") // close() is IoHandle's and throws Exception
public interface KqIoHandle extends IoHandle {
    /** The descriptor's number; must not change, nor be closed, before the registration was cancelled. */
    int fd();
}
