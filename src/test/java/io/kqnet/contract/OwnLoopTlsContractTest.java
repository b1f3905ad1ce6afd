package io.kqnet.contract;

import io.kqnet.support.LoopKind;
import org.junit.jupiter.api.Nested;

/** Netty's TLS tests on this transport's own loop. */
class OwnLoopTlsContractTest extends TlsContract {
    OwnLoopTlsContractTest() {
        super(LoopKind.OWN);
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
