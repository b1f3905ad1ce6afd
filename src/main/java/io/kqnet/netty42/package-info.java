/**
 * What exists on Netty 4.2 only: {@link io.kqnet.netty42.KqIoHandler} for {@code MultiThreadIoEventLoopGroup}. Reached from the rest of the
 * transport by name, so that Netty 4.1 never loads it.
 */
package io.kqnet.netty42;
