package io.kqnet.contract;

import io.kqnet.support.LoopKind;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.SocketSslClientRenegotiateTest;
import io.netty.testsuite.transport.socket.SocketSslEchoTest;
import io.netty.testsuite.transport.socket.SocketSslGreetingTest;
import io.netty.testsuite.transport.socket.SocketSslSessionReuseTest;
import io.netty.testsuite.transport.socket.SocketStartTlsTest;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Netty's TLS tests, over the pairs of {@link KqPermutation}; the subclasses choose the loop. */
public abstract class TlsContract extends ContractKit {
    protected TlsContract(LoopKind loops) {
        super(loops);
    }

    static boolean canRenegotiate() {
        return OpenSsl.isAvailable() && !"BoringSSL".equals(OpenSsl.versionString());
    }

    static Collection<Object[]> providers() throws Exception {
        return OpenSsl.isAvailable() ? SocketSslSessionReuseTest.jdkAndOpenSSL() : SocketSslSessionReuseTest.jdkOnly();
    }

    /** The kit's own condition skips each of its parameters by itself, without a reason. */
    protected class SslClientRenegotiate extends SocketSslClientRenegotiateTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
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

    /** Runs with the default allocator only: both would take a third of the whole kit's time. */
    protected class SslEcho extends SocketSslEchoTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
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
    }

    /** Where netty-tcnative has no natives, the kit fails rather than leaving its OpenSSL parameters out. */
    protected class SslSessionReuse extends SocketSslSessionReuseTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }

        @ParameterizedTest
        @MethodSource("io.kqnet.contract.TlsContract#providers")
        @Timeout(30)
        @Override
        public void testSslSessionTrustManagerResumption(SslContextBuilder server, SslContextBuilder client, TestInfo testInfo)
                throws Throwable {
            super.testSslSessionTrustManagerResumption(server, client, testInfo);
        }
    }

    protected class StartTls extends SocketStartTlsTest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return pairs.socket();
        }
    }
}
