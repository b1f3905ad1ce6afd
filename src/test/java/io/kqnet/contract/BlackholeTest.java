package io.kqnet.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.LoopKind;
import io.kqnet.support.NetNamespace;
import io.kqnet.support.OverLoops;
import io.kqnet.support.RunTests;
import org.junit.jupiter.api.Timeout;

/**
 * The kit's methods that dial a host which must not answer, in a JVM inside a network namespace of its own: there 198.51.100.0/24 (TEST-NET-2,
 * the kit's own default) is routed to the loopback interface, where nobody has it, so that the kernel drops what is sent.
 */
class BlackholeTest {
    /** System property: {@code true} in the JVM inside the namespace. */
    static final String PROP_NAME = "kqnet.contract.blackhole";
    private static final String MAKE_BLACKHOLE = "ip link set lo up && ip route add 198.51.100.0/24 dev lo src 127.0.0.1";

    @OverLoops
    @Timeout(150)
    void connectsTimeOutAndAreCancelled(LoopKind loops) throws Exception {
        KqPermutation.assumeJdkSockets();
        String methods = (loops == LoopKind.OWN ? OwnLoopContractTest.class.getName() : "io.kqnet.netty42.IoHandlerContractTest")
                + "$ConnectionAttemptTest#testConnect%s(org.junit.jupiter.api.TestInfo)";
        String output = NetNamespace.furnished(MAKE_BLACKHOLE)
                .with("-D" + PROP_NAME + "=true", "-Dio.netty.testsuite.badHost=198.51.100.254", "-Dio.netty.testsuite.badPort=65535")
                .run(RunTests.class, String.format(methods, "Timeout"), String.format(methods, "Cancellation"));
        System.out.print(output);
        assertTrue(output.contains("tests run: 2, failed: 0"), output);
    }
}
