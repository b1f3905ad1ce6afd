package io.kqnet.contract;

import io.kqnet.support.LoopKind;
import org.junit.jupiter.api.Nested;

/** Netty's UDP tests on this transport's own loop. */
class OwnLoopDatagramContractTest extends DatagramContract {
    OwnLoopDatagramContractTest() {
        super(LoopKind.OWN);
    }

    @Nested
    class ConnectNotExistsTest extends ConnectNotExists {
    }

    @Nested
    class ConnectedWriteExceptionTest extends ConnectedWriteException {
    }

    @Nested
    class UnicastInetTest extends UnicastInet {
    }

    @Nested
    @EnabledInNamespace
    class UnicastIPv6Test extends UnicastIPv6 {
    }

    @Nested
    @EnabledInNamespace
    class UnicastIPv6MappedTest extends UnicastIPv6Mapped {
    }

    @Nested
    @EnabledInNamespace
    class MulticastTest extends Multicast {
    }

    @Nested
    @EnabledInNamespace
    class MulticastIPv6Test extends MulticastIPv6 {
    }
}
