// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.kqnet.Kq;
import io.kqnet.KqChannelOption;
import io.kqnet.KqDatagramChannel;
import io.kqnet.KqEventLoopGroup;
import io.kqnet.KqServerSocketChannel;
import io.kqnet.KqSocketChannel;
import io.kqnet.netty42.KqIoHandler;

import java.util.Map;

/** The kqnet transports; apart from {@link Transport} so that a run without them never loads kqnet's classes. */
final class KqTransports {
    private KqTransports() {
    }

    static Transport ownLoop(boolean coalesceFlush) {
        ensureAvailable();
        return new Transport(KqEventLoopGroup::new, KqSocketChannel.class, KqServerSocketChannel.class,
                KqDatagramChannel.class, coalesceFlush ? Map.of() : Map.of(KqChannelOption.COALESCE_FLUSH, false),
                datagrams -> { });
    }

    static Transport ioHandler() {
        ensureAvailable();
        return new Transport(Transport.ioLoops(KqIoHandler.newFactory()),
                KqSocketChannel.class, KqServerSocketChannel.class, KqDatagramChannel.class, Map.of(), datagrams -> { });
    }

    private static void ensureAvailable() {
        if (!Kq.isAvailable()) {
            throw new IllegalStateException("kqnet is not available here", Kq.unavailabilityCause());
        }
    }
}
