package io.kqnet.contract;

import io.kqnet.support.LoopKind;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.socket.InternetProtocolFamily;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.DatagramConnectNotExistsTest;
import io.netty.testsuite.transport.socket.DatagramConnectedWriteExceptionTest;
import io.netty.testsuite.transport.socket.DatagramMulticastIPv6Test;
import io.netty.testsuite.transport.socket.DatagramMulticastTest;
import io.netty.testsuite.transport.socket.DatagramUnicastIPv6MappedTest;
import io.netty.testsuite.transport.socket.DatagramUnicastIPv6Test;
import io.netty.testsuite.transport.socket.DatagramUnicastInetTest;
import java.util.List;

/** Netty's UDP tests, over the pairs of {@link KqPermutation}; the subclasses choose the loop. */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
public abstract class DatagramContract extends ContractKit {
    protected DatagramContract(LoopKind loops) {
        super(loops);
    }

    protected class ConnectNotExists extends DatagramConnectNotExistsTest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return pairs.datagramSocket();
        }
    }

    protected class ConnectedWriteException extends DatagramConnectedWriteExceptionTest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return pairs.datagramSocket();
        }
    }

    protected class UnicastInet extends DatagramUnicastInetTest {
        @Override
        protected List<BootstrapComboFactory<Bootstrap, Bootstrap>> newFactories() {
            return pairs.datagrams(InternetProtocolFamily.IPv4);
        }
    }

    protected class UnicastIPv6 extends DatagramUnicastIPv6Test {
        @Override
        protected List<BootstrapComboFactory<Bootstrap, Bootstrap>> newFactories() {
            return pairs.datagrams(InternetProtocolFamily.IPv6);
        }
    }

    protected class UnicastIPv6Mapped extends DatagramUnicastIPv6MappedTest {
        @Override
        protected List<BootstrapComboFactory<Bootstrap, Bootstrap>> newFactories() {
            return pairs.datagrams(InternetProtocolFamily.IPv6);
        }
    }

    protected class Multicast extends DatagramMulticastTest {
        @Override
        protected List<BootstrapComboFactory<Bootstrap, Bootstrap>> newFactories() {
            return pairs.datagrams(InternetProtocolFamily.IPv4);
        }
    }

    protected class MulticastIPv6 extends DatagramMulticastIPv6Test {
        @Override
        protected List<BootstrapComboFactory<Bootstrap, Bootstrap>> newFactories() {
            return pairs.datagrams(InternetProtocolFamily.IPv6);
        }
    }
}
