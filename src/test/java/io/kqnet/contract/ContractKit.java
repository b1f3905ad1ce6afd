package io.kqnet.contract;

import io.kqnet.support.LoopKind;
import io.kqnet.support.OpenFds;
import io.netty.testsuite.transport.socket.SocketTestPermutation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The event loops that the tests of one outer class share. What the kit's tests leave open is closed with them, and then nothing is left. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class ContractKit {
    final LoopKind loops;
    final KqPermutation pairs;
    private final OpenFds open;

    ContractKit(LoopKind loops) {
        try {
            // Its static fields hold selectors for good.
            Class.forName(SocketTestPermutation.class.getName());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
        this.loops = loops;
        open = OpenFds.now();
        pairs = new KqPermutation(loops);
    }

    @AfterAll
    void leavesNoDescriptor() throws InterruptedException {
        pairs.close();
        // NIO datagram channels of Netty 4.1 leave sockets to the JDK's Cleaner; ours have none.
        System.gc();
        open.awaitNoneLeft();
    }
}
