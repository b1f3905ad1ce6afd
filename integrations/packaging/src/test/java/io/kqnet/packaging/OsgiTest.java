package io.kqnet.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;

/** The jar as a bundle, in Felix. */
@Timeout(120)
class OsgiTest {
    @TempDir
    Path directory;

    @Test
    void resolvesAndLoadsItsLibrary() throws Exception {
        assumeTrue("Linux".equals(System.getProperty("os.name")), "reads -Dio.kqnet.emulation");
        System.setProperty("io.kqnet.emulation", "true");
        Framework framework = new FrameworkFactory().newFramework(Map.of(Constants.FRAMEWORK_STORAGE, directory.toString()));
        framework.start();
        try {
            List<Path> jars = new ArrayList<>(Jars.netty("netty42"));
            jars.add(Jars.kqnet(""));
            Bundle kqnet = null;
            for (Path jar : jars) {
                kqnet = framework.getBundleContext().installBundle(jar.toUri().toString());
            }
            kqnet.start();
            assertEquals(Bundle.ACTIVE, kqnet.getState());
            assertEquals("io.kqnet", kqnet.getSymbolicName());
            Class<?> kq = kqnet.loadClass("io.kqnet.Kq");
            assertNull(kq.getMethod("unavailabilityCause").invoke(null));
        } finally {
            framework.stop();
            framework.waitForStop(0);
            System.clearProperty("io.kqnet.emulation");
        }
    }
}
