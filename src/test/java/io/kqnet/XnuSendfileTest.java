package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.ChildJvm;
import io.kqnet.support.NativeBuild;
import io.kqnet.support.RunTests;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * File regions with the code that macOS runs, over an emulation of its {@code sendfile(2)}: the length counts the headers, trailers do not
 * go with headers, and a part of the headers may be followed by the file.
 */
@Timeout(300)
class XnuSendfileTest {
    @Test
    void regionsArriveThroughTheCallOfMacos() throws Exception {
        String output = new ChildJvm()
                .with("-Xmx640m", "-Xcheck:jni", "-Dio.netty.leakDetection.level=paranoid")
                .with("-Dio.kqnet.library=" + NativeBuild.xnuSendfileLibrary())
                .run(RunTests.class, FileRegionTest.class.getName(), RegionNeighboursTest.class.getName(),
                        RegionFaultsTest.class.getName());
        assertTrue(output.contains("failed: 0"), output);
    }
}
