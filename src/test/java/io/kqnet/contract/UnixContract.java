package io.kqnet.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.kqnet.support.LoopKind;
import io.kqnet.support.OpenFds;
import io.kqnet.support.UnixPeer;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.ssl.SslContext;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.AbstractSocketReuseFdTest;
import io.netty.testsuite.transport.socket.AbstractSocketShutdownOutputByPeerTest;
import io.netty.testsuite.transport.socket.CompositeBufferGatheringWriteTest;
import io.netty.testsuite.transport.socket.SocketAddressesTest;
import io.netty.testsuite.transport.socket.SocketAutoReadTest;
import io.netty.testsuite.transport.socket.SocketConditionalWritabilityTest;
import io.netty.testsuite.transport.socket.SocketDataReadInitialStateTest;
import io.netty.testsuite.transport.socket.SocketEchoTest;
import io.netty.testsuite.transport.socket.SocketFileRegionTest;
import io.netty.testsuite.transport.socket.SocketFixedLengthEchoTest;
import io.netty.testsuite.transport.socket.SocketGatheringWriteTest;
import io.netty.testsuite.transport.socket.SocketHalfClosedTest;
import io.netty.testsuite.transport.socket.SocketObjectEchoTest;
import io.netty.testsuite.transport.socket.SocketSslClientRenegotiateTest;
import io.netty.testsuite.transport.socket.SocketSslEchoTest;
import io.netty.testsuite.transport.socket.SocketSslGreetingTest;
import io.netty.testsuite.transport.socket.SocketStartTlsTest;
import io.netty.testsuite.transport.socket.SocketStringEchoTest;
import io.netty.testsuite.transport.socket.SocketTestPermutation;
import java.net.SocketAddress;
import java.nio.file.Paths;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Netty's tests for sockets of the Unix domain, over the pairs of {@link UnixPermutation}; the subclasses choose the loop. */
@TestInstance(Lifecycle.PER_CLASS)
public abstract class UnixContract {
    private final UnixPermutation pairs;
    private final OpenFds open;

    protected UnixContract(LoopKind loops) {
        try {
            // Its static fields hold selectors for good.
            Class.forName(SocketTestPermutation.class.getName());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
        open = OpenFds.now();
        pairs = new UnixPermutation(loops);
    }

    @AfterAll
    void leavesNoDescriptor() throws InterruptedException {
        pairs.close();
        open.awaitNoneLeft();
    }

    protected class AutoRead extends SocketAutoReadTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class CompositeBufferGatheringWrite extends CompositeBufferGatheringWriteTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class ConditionalWritability extends SocketConditionalWritabilityTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class DataReadInitialState extends SocketDataReadInitialStateTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class DomainDatagramUnicast extends DomainDatagramUnicastKit {
        protected DomainDatagramUnicast() {
            super(pairs);
        }
    }

    protected class Echo extends SocketEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class FileRegion extends SocketFileRegionTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class FixedLengthEcho extends SocketFixedLengthEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class GatheringWrite extends SocketGatheringWriteTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class HalfClosed extends SocketHalfClosedTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }

        @Test
        @Disabled("casts the channel to SocketChannel, which means TCP; DomainSocketTest asks the same")
        @Override
        public void testHalfClosureReceiveDataOnFinalWait2StateWhenSoLingerSet(TestInfo testInfo) throws Throwable {
            super.testHalfClosureReceiveDataOnFinalWait2StateWhenSoLingerSet(testInfo);
        }
    }

    protected class ObjectEcho extends SocketObjectEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class ReuseFd extends AbstractSocketReuseFdTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class ShutdownOutputByPeer extends AbstractSocketShutdownOutputByPeerTest<UnixPeer> {
        @Override
        protected List<BootstrapFactory<ServerBootstrap>> newFactories() {
            return pairs.serverSocket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }

        @Override
        protected UnixPeer newSocket() {
            return UnixPeer.stream();
        }

        @Override
        protected void connect(UnixPeer peer, SocketAddress address) {
            peer.connect(Paths.get(((DomainSocketAddress) address).path()));
        }

        @Override
        protected void write(UnixPeer peer, int data) {
            assertEquals(1, peer.tryWrite(new byte[] {(byte) data}, null));
        }

        @Override
        protected void shutdownOutput(UnixPeer peer) {
            peer.shutdownOutput();
        }

        @Override
        protected void close(UnixPeer peer) {
            peer.close();
        }
    }

    protected class SocketAddresses extends SocketAddressesTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }

        @Override
        protected void assertAddress(SocketAddress address) {
            assertNotNull(((DomainSocketAddress) address).path());
        }
    }

    protected class SslClientRenegotiate extends SocketSslClientRenegotiateTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }

        @ParameterizedTest
        @MethodSource("data")
        @Timeout(30)
        @EnabledIf(value = "io.kqnet.contract.TlsContract#canRenegotiate", disabledReason = "needs netty-tcnative on OpenSSL; BoringSSL "
                + "does not renegotiate, and the kit does not ask it of the JDK")
        @Override
        public void testSslRenegotiationRejected(SslContext serverContext, SslContext clientContext, boolean delegate, TestInfo testInfo)
                throws Throwable {
            super.testSslRenegotiationRejected(serverContext, clientContext, delegate, testInfo);
        }
    }

    /** With the default allocator only, as in {@link TlsContract}. */
    protected class SslEcho extends SocketSslEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }

        @Override
        protected List<ByteBufAllocator> newAllocators() {
            return Collections.singletonList(ByteBufAllocator.DEFAULT);
        }
    }

    protected class SslGreeting extends SocketSslGreetingTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class StartTls extends SocketStartTlsTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }

    protected class StringEcho extends SocketStringEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return pairs.newAddress();
        }
    }
}
