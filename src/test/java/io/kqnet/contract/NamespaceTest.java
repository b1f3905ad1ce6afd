package io.kqnet.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.LoopKind;
import io.kqnet.support.NetNamespace;
import io.kqnet.support.OverLoops;
import io.kqnet.support.RunTests;
import org.junit.jupiter.api.Timeout;

/** The kit's IPv6 and multicast tests, in a JVM inside a network namespace that has both. */
class NamespaceTest {
    @OverLoops
    @Timeout(200)
    void datagramsOfIpv6AndToGroupsArrive(LoopKind loops) throws Exception {
        String contract = loops == LoopKind.OWN ? OwnLoopDatagramContractTest.class.getName()
                : "io.kqnet.netty42.IoHandlerDatagramContractTest";
        String output = NetNamespace.furnished(NetNamespace.MULTICAST).run(RunTests.class, contract + "$UnicastIPv6Test",
                contract + "$UnicastIPv6MappedTest", contract + "$MulticastTest", contract + "$MulticastIPv6Test");
        System.out.print(output);
        assertTrue(output.contains("failed: 0, skipped: 0"), output);
    }
}
