package io.kqnet.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.LoopKind;
import io.kqnet.support.NativeBuild;
import io.kqnet.support.NetNamespace;
import io.kqnet.support.OverLoops;
import io.kqnet.support.RunTests;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The kit's IPv6 and multicast tests, and our own of multicast, in a JVM inside a network namespace that has both. */
class NamespaceTest {
    @Test
    @Timeout(200)
    void groupsAreJoinedLeftAndFiltered() throws Exception {
        String output = NetNamespace.furnished(NetNamespace.MULTICAST).run(RunTests.class, "io.kqnet.MulticastTest");
        System.out.print(output);
        assertTrue(output.contains("failed: 0, skipped: 0"), output);
    }

    @Test
    @Timeout(200)
    void groupsAreJoinedAndLeftWhereThereIsNoSourceSpecificMulticast() throws Exception {
        String output = NetNamespace.furnished(NetNamespace.MULTICAST)
                .with("-Dio.kqnet.library=" + NativeBuild.plainMulticastLibrary())
                .run(RunTests.class, "io.kqnet.PlainMulticastTest");
        System.out.print(output);
        assertTrue(output.contains("failed: 0, skipped: 0"), output);
    }

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
