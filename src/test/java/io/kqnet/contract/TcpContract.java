package io.kqnet.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.KqServerSocketChannel;
import io.kqnet.KqSocketChannel;
import io.kqnet.support.LoopKind;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.unix.tests.DetectPeerCloseWithoutReadTest;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.AbstractSocketReuseFdTest;
import io.netty.testsuite.transport.socket.CompositeBufferGatheringWriteTest;
import io.netty.testsuite.transport.socket.ServerSocketSuspendTest;
import io.netty.testsuite.transport.socket.SocketAddressesTest;
import io.netty.testsuite.transport.socket.SocketAutoReadTest;
import io.netty.testsuite.transport.socket.SocketBufReleaseTest;
import io.netty.testsuite.transport.socket.SocketCancelWriteTest;
import io.netty.testsuite.transport.socket.SocketChannelNotYetConnectedTest;
import io.netty.testsuite.transport.socket.SocketCloseForciblyTest;
import io.netty.testsuite.transport.socket.SocketConditionalWritabilityTest;
import io.netty.testsuite.transport.socket.SocketConnectTest;
import io.netty.testsuite.transport.socket.SocketConnectionAttemptTest;
import io.netty.testsuite.transport.socket.SocketDataReadInitialStateTest;
import io.netty.testsuite.transport.socket.SocketEchoTest;
import io.netty.testsuite.transport.socket.SocketExceptionHandlingTest;
import io.netty.testsuite.transport.socket.SocketFileRegionTest;
import io.netty.testsuite.transport.socket.SocketFixedLengthEchoTest;
import io.netty.testsuite.transport.socket.SocketGatheringWriteTest;
import io.netty.testsuite.transport.socket.SocketHalfClosedTest;
import io.netty.testsuite.transport.socket.SocketMultipleConnectTest;
import io.netty.testsuite.transport.socket.SocketObjectEchoTest;
import io.netty.testsuite.transport.socket.SocketReadPendingTest;
import io.netty.testsuite.transport.socket.SocketRstTest;
import io.netty.testsuite.transport.socket.SocketShutdownOutputByPeerTest;
import io.netty.testsuite.transport.socket.SocketShutdownOutputBySelfTest;
import io.netty.testsuite.transport.socket.SocketSpdyEchoTest;
import io.netty.testsuite.transport.socket.SocketStringEchoTest;
import io.netty.testsuite.transport.socket.TrafficShapingHandlerTest;
import io.netty.testsuite.transport.socket.WriteBeforeRegisteredTest;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;

/** Netty's TCP tests, over the pairs of {@link KqPermutation}; the subclasses choose the loop. */
public abstract class TcpContract extends ContractKit {
    protected TcpContract(LoopKind loops) {
        super(loops);
    }

    protected class AutoRead extends SocketAutoReadTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class BufRelease extends SocketBufReleaseTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class CancelWrite extends SocketCancelWriteTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class ChannelNotYetConnected extends SocketChannelNotYetConnectedTest {
        @BeforeEach
        void usesTheJdksSockets() {
            KqPermutation.assumeJdkSockets();
        }

        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return pairs.clientSocket();
        }
    }

    protected class CloseForcibly extends SocketCloseForciblyTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class CompositeBufferGatheringWrite extends CompositeBufferGatheringWriteTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class ConditionalWritability extends SocketConditionalWritabilityTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class Connect extends SocketConnectTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> all = new ArrayList<>(pairs.socket());
            all.addAll(pairs.socketWithFastOpen());
            return all;
        }

        @Override
        protected void enableTcpFastOpen(ServerBootstrap server, Bootstrap client) {
            if (KqPermutation.hasFastOpen()) {
                super.enableTcpFastOpen(server, client);
            }
        }
    }

    protected class ConnectionAttempt extends SocketConnectionAttemptTest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return pairs.clientSocket();
        }

        @Test
        @EnabledIfBlackhole
        @Override
        public void testConnectTimeout(TestInfo testInfo) throws Throwable {
            super.testConnectTimeout(testInfo);
        }

        @Test
        @EnabledIfBlackhole
        @Override
        public void testConnectCancellation(TestInfo testInfo) throws Throwable {
            super.testConnectCancellation(testInfo);
        }
    }

    protected class DataReadInitialState extends SocketDataReadInitialStateTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class DetectPeerClose extends DetectPeerCloseWithoutReadTest {
        @Override
        protected EventLoopGroup newGroup() {
            return loops.newGroup(1);
        }

        @Override
        protected Class<? extends ServerChannel> serverChannel() {
            return KqServerSocketChannel.class;
        }

        @Override
        protected Class<? extends Channel> clientChannel() {
            return KqSocketChannel.class;
        }
    }

    protected class Echo extends SocketEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class ExceptionHandling extends SocketExceptionHandlingTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class FileRegion extends SocketFileRegionTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class FixedLengthEcho extends SocketFixedLengthEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class GatheringWrite extends SocketGatheringWriteTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class HalfClosed extends SocketHalfClosedTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class MultipleConnect extends SocketMultipleConnectTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class ObjectEcho extends SocketObjectEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class ReadPending extends SocketReadPendingTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class ReuseFd extends AbstractSocketReuseFdTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return new InetSocketAddress(NetUtil.LOCALHOST, 0);
        }
    }

    protected class Rst extends SocketRstTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class ServerSocketSuspend extends ServerSocketSuspendTest {
        @BeforeEach
        void usesTheJdksSockets() {
            KqPermutation.assumeJdkSockets();
        }

        @Override
        protected List<BootstrapFactory<ServerBootstrap>> newFactories() {
            return pairs.serverSocket();
        }
    }

    protected class ShutdownOutputByPeer extends SocketShutdownOutputByPeerTest {
        @BeforeEach
        void usesTheJdksSockets() {
            KqPermutation.assumeJdkSockets();
        }

        @Override
        protected List<BootstrapFactory<ServerBootstrap>> newFactories() {
            return pairs.serverSocket();
        }
    }

    protected class ShutdownOutputBySelf extends SocketShutdownOutputBySelfTest {
        @BeforeEach
        void usesTheJdksSockets() {
            KqPermutation.assumeJdkSockets();
        }

        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return pairs.clientSocket();
        }
    }

    protected class SocketAddresses extends SocketAddressesTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected void assertAddress(SocketAddress address) {
            assertTrue(((InetSocketAddress) address).getPort() > 0, address::toString);
            assertTrue(((InetSocketAddress) address).getAddress().isLoopbackAddress(), address::toString);
        }
    }

    protected class SpdyEcho extends SocketSpdyEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class StringEcho extends SocketStringEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    @ExtendWith(RunsAgain.class)
    protected class TrafficShaping extends TrafficShapingHandlerTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }

    protected class WriteBeforeRegistered extends WriteBeforeRegisteredTest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            List<BootstrapFactory<Bootstrap>> all = new ArrayList<>(pairs.clientSocket());
            all.addAll(pairs.clientSocketWithFastOpen());
            return all;
        }
    }
}
