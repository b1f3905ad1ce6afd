package io.kqnet.netty42;

import io.kqnet.contract.TcpContract;
import io.kqnet.support.LoopKind;
import org.junit.jupiter.api.Nested;

/** Netty's TCP tests on {@link KqIoHandler}. */
class IoHandlerContractTest extends TcpContract {
    IoHandlerContractTest() {
        super(LoopKind.IO_HANDLER);
    }

    @Nested
    class AutoReadTest extends AutoRead {
    }

    @Nested
    class BufReleaseTest extends BufRelease {
    }

    @Nested
    class CancelWriteTest extends CancelWrite {
    }

    @Nested
    class ChannelNotYetConnectedTest extends ChannelNotYetConnected {
    }

    @Nested
    class CloseForciblyTest extends CloseForcibly {
    }

    @Nested
    class CompositeBufferGatheringWriteTest extends CompositeBufferGatheringWrite {
    }

    @Nested
    class ConditionalWritabilityTest extends ConditionalWritability {
    }

    @Nested
    class ConnectTest extends Connect {
    }

    @Nested
    class ConnectionAttemptTest extends ConnectionAttempt {
    }

    @Nested
    class DataReadInitialStateTest extends DataReadInitialState {
    }

    @Nested
    class DetectPeerCloseTest extends DetectPeerClose {
    }

    @Nested
    class EchoTest extends Echo {
    }

    @Nested
    class ExceptionHandlingTest extends ExceptionHandling {
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
    class MultipleConnectTest extends MultipleConnect {
    }

    @Nested
    class ObjectEchoTest extends ObjectEcho {
    }

    @Nested
    class ReadPendingTest extends ReadPending {
    }

    @Nested
    class ReuseFdTest extends ReuseFd {
    }

    @Nested
    class RstTest extends Rst {
    }

    @Nested
    class ServerSocketSuspendTest extends ServerSocketSuspend {
    }

    @Nested
    class ShutdownOutputByPeerTest extends ShutdownOutputByPeer {
    }

    @Nested
    class ShutdownOutputBySelfTest extends ShutdownOutputBySelf {
    }

    @Nested
    class SocketAddressesTest extends SocketAddresses {
    }

    @Nested
    class SpdyEchoTest extends SpdyEcho {
    }

    @Nested
    class StringEchoTest extends StringEcho {
    }

    @Nested
    class TrafficShapingTest extends TrafficShaping {
    }

    @Nested
    class WriteBeforeRegisteredTest extends WriteBeforeRegistered {
    }
}
