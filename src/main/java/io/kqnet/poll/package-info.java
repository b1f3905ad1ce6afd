/**
 * kqueue without Netty: {@link io.kqnet.poll.Poller} owns a kqueue and its {@link io.kqnet.poll.Registration}s.
 * Everything belongs to one thread, the poller's; {@link io.kqnet.poll.Wakeup} and the reading side of
 * {@link io.kqnet.poll.Counters} are the exceptions. Internal: no compatibility is promised.
 */
package io.kqnet.poll;
