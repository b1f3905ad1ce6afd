/**
 * Netty's EventLoop, Channel and Unsafe contracts on kqueue, for Netty 4.1 and 4.2.
 *
 * <pre>
 *  sys  &lt;--  poll  &lt;--  io.kqnet  &lt;--  netty42        "A &lt;-- B": B may import A, never the reverse
 * </pre>
 *
 * Start with {@link io.kqnet.Kq}, {@link io.kqnet.KqEventLoopGroup} and the channel classes. Nothing here knows {@code struct kevent},
 * its flags, or types that only Netty 4.2 has.
 */
package io.kqnet;
