package io.kqnet.netty42;

import io.kqnet.contract.UnixContract;
import io.kqnet.support.LoopKind;
import org.junit.jupiter.api.Nested;

/** Netty's tests for the Unix domain on {@link KqIoHandler}. */
class IoHandlerUnixContractTest extends UnixContract {
    IoHandlerUnixContractTest() {
        super(LoopKind.IO_HANDLER);
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
