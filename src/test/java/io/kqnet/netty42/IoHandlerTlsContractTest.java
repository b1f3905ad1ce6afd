package io.kqnet.netty42;

import io.kqnet.contract.TlsContract;
import io.kqnet.support.LoopKind;
import org.junit.jupiter.api.Nested;

/** Netty's TLS tests on {@link KqIoHandler}. */
class IoHandlerTlsContractTest extends TlsContract {
    IoHandlerTlsContractTest() {
        super(LoopKind.IO_HANDLER);
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
    class SslSessionReuseTest extends SslSessionReuse {
    }

    @Nested
    class StartTlsTest extends StartTls {
    }
}
