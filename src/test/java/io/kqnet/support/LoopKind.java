package io.kqnet.support;

import io.kqnet.KqEventLoopGroup;
import io.netty.channel.EventLoopGroup;

/** The two kinds of loop that every channel test runs over; on Netty 4.1 there is only one. */
public enum LoopKind {
    /** {@link KqEventLoopGroup}. */
    OWN {
        @Override
        public EventLoopGroup newGroup(int threads) {
            return new KqEventLoopGroup(threads);
        }
    },
    /** {@code MultiThreadIoEventLoopGroup} with {@code KqIoHandler}. */
    IO_HANDLER {
        @Override
        public EventLoopGroup newGroup(int threads) {
            try {
                return (EventLoopGroup) Class.forName("io.kqnet.netty42.IoGroups").getMethod("newGroup", int.class).invoke(null, threads);
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
    };

    public abstract EventLoopGroup newGroup(int threads);

    /** Those that exist on the Netty line the tests run on. */
    public static LoopKind[] available() {
        return isNetty42() ? values() : new LoopKind[] {OWN};
    }

    public static boolean isNetty42() {
        try {
            Class.forName("io.netty.channel.IoHandler", false, LoopKind.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
