package io.kqnet.contract;

import io.kqnet.support.LoopKind;
import org.junit.jupiter.api.Nested;

/** Netty's tests for the Unix domain on this transport's own loop. */
class OwnLoopUnixContractTest extends UnixContract {
    OwnLoopUnixContractTest() {
        super(LoopKind.OWN);
    }

    @Nested
    class AutoReadTest extends AutoRead {
    }

    @Nested
    class CompositeBufferGatheringWriteTest extends CompositeBufferGatheringWrite {
    }

    @Nested
    class ConditionalWritabilityTest extends ConditionalWritability {
    }

    @Nested
    class DataReadInitialStateTest extends DataReadInitialState {
    }

    @Nested
    class DomainDatagramUnicastTest extends DomainDatagramUnicast {
    }

    @Nested
    class EchoTest extends Echo {
    }

    @Nested
    class FileRegionTest extends FileRegion {
    }

    @Nested
    class FixedLengthEchoTest extends FixedLengthEcho {
    }

    @Nested
    class GatheringWriteTest extends GatheringWrite {
    }

    @Nested
    class HalfClosedTest extends HalfClosed {
    }

    @Nested
    class ObjectEchoTest extends ObjectEcho {
    }

    @Nested
    class ReuseFdTest extends ReuseFd {
    }

    @Nested
    class ShutdownOutputByPeerTest extends ShutdownOutputByPeer {
    }

    @Nested
    class SocketAddressesTest extends SocketAddresses {
    }

    @Nested
    class SslClientRenegotiateTest extends SslClientRenegotiate {
    }

    @Nested
    class SslEchoTest extends SslEcho {
    }

    @Nested
    class SslGreetingTest extends SslGreeting {
    }

    @Nested
    class StartTlsTest extends StartTls {
    }

    @Nested
    class StringEchoTest extends StringEcho {
    }
}
