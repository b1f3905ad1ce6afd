package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.ChildJvm;
import io.kqnet.support.NativeBuild;
import io.kqnet.support.RunTests;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The transport on a library built for a kernel with other numbers: another struct kevent, other filters, flags and errno values. The JVM's
 * {@code os.name} and the emulation switch must not matter, since the library was named.
 */
@Timeout(300)
class ForeignKernelTest {
    @Test
    void channelsWorkWithNumbersThatOnlyTheLibraryKnows() throws Exception {
        String output = new ChildJvm()
                .with("-Xcheck:jni", "-Dio.kqnet.library=" + NativeBuild.foreignLibrary(), "-Dos.name=Plan 9")
                .run(RunTests.class, TcpEchoTest.class.getName(), ConnectTest.class.getName(),
                        OutOfBandTest.class.getName(), KqDescriptorChannelTest.class.getName(),
                        DescriptorAdoptionTest.class.getName(), DomainSocketTest.class.getName(),
                        DescriptorPassingTest.class.getName(), DomainDatagramTest.class.getName(), SocketFileTest.class.getName());
        assertTrue(output.contains("failed: 0"), output);
    }
}
