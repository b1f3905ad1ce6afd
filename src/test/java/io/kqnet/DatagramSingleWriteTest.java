package io.kqnet;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The same by one system call per datagram, as on systems that have none for batches. */
class DatagramSingleWriteTest extends DatagramWriteTest {
    @BeforeAll
    static void choose() {
        System.setProperty(KqDatagramChannelConfig.CALLS_PROP_NAME, "loop");
    }

    @AfterAll
    static void forget() {
        System.clearProperty(KqDatagramChannelConfig.CALLS_PROP_NAME);
    }
}
