package io.kqnet.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.maven.plugins.shade.DefaultShader;
import org.apache.maven.plugins.shade.ShadeRequest;
import org.apache.maven.plugins.shade.relocation.SimpleRelocator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The jar does its work, told by its own self test, wherever users put it. */
@Timeout(600)
class JarRunsTest {
    private static final String MAIN = "io.kqnet.selftest.SelfTest";
    private static final String EMULATION = "-Dio.kqnet.emulation=true";

    @TempDir
    Path directory;

    @BeforeAll
    static void onLinux() {
        assumeTrue("Linux".equals(System.getProperty("os.name")), "reads -Dio.kqnet.emulation; elsewhere run the self test by hand");
    }

    static Stream<Java> javas() {
        return Java.all().stream();
    }

    private static void assertWorks(String output) {
        assertTrue(output.contains("\nresult  nothing failed\n"), output);
        assertTrue(output.endsWith("status: 0\n"), output);
    }

    private static String classPath(String line) throws Exception {
        return Jars.path(Jars.kqnet(""), Jars.netty(line));
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty41", "netty42"})
    void worksOnTheClassPath(String line) throws Exception {
        assertWorks(Java.own().run(EMULATION, "-cp", classPath(line), MAIN));
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty41", "netty42"})
    void worksAsAModule(String line) throws Exception {
        assertWorks(Java.own().run(EMULATION, "-p", classPath(line), "-m", "io.kqnet/" + MAIN));
    }

    @ParameterizedTest
    @MethodSource("javas")
    void worksOnEveryJava(Java java) throws Exception {
        String output = java.run(EMULATION, "-cp", classPath("netty42"), MAIN);
        assertWorks(output);
        assertEquals(java.feature() >= 24, output.contains("--enable-native-access"), output);
    }

    /** JEP 472: asked for permission, the JVM of a later release may refuse. */
    @ParameterizedTest
    @MethodSource("javas")
    void isSilentWithPermissionForNativeAccess(Java java) throws Exception {
        assumeTrue(java.feature() >= 24, "JDK " + java.feature() + " asks for no permission");
        for (String[] way : List.of(new String[] {"--enable-native-access=io.kqnet", "-p", classPath("netty42"), "-m", "io.kqnet/" + MAIN},
                new String[] {"--enable-native-access=ALL-UNNAMED", "-cp", classPath("netty42"), MAIN})) {
            List<String> arguments = new ArrayList<>(List.of(EMULATION, "--illegal-native-access=deny"));
            arguments.addAll(List.of(way));
            String output = java.run(arguments.toArray(new String[0]));
            assertWorks(output);
            // The JVM tells of Netty's own use of Unsafe, which is not ours to silence.
            assertFalse(output.contains("WARNING: Use --enable-native-access"), output);
        }
    }

    @ParameterizedTest
    @MethodSource("javas")
    void saysWhatToPassWhereNativeAccessIsDenied(Java java) throws Exception {
        assumeTrue(java.feature() >= 24, "JDK " + java.feature() + " asks for no permission");
        String denied = java.run(EMULATION, "--illegal-native-access=deny", "-cp", classPath("netty42"), MAIN);
        assertTrue(denied.contains("pass --enable-native-access=ALL-UNNAMED"), denied);
        String module = java.run(EMULATION, "--illegal-native-access=deny", "-p", classPath("netty42"), "-m", "io.kqnet/" + MAIN);
        assertTrue(module.contains("pass --enable-native-access=io.kqnet"), module);
    }

    @Test
    void worksFromAClassifierJar() throws Exception {
        assumeTrue("amd64".equals(System.getProperty("os.arch")), "runs the x86_64 library");
        assertWorks(Java.own().run(EMULATION, "-cp", Jars.path(Jars.kqnet("linux-x86_64"), Jars.netty("netty42")), MAIN));
        String other = Java.own().run(EMULATION, "-cp", Jars.path(Jars.kqnet("osx-aarch_64"), Jars.netty("netty42")), MAIN);
        assertTrue(other.contains("no native library for this system"), other);
    }

    /** Netty relocated too, as users shade it; string constants that look like the package change with it, also names of properties. */
    @Test
    void worksRelocatedTogetherWithNetty() throws Exception {
        Path shaded = shade(directory.resolve("with space").resolve("app.jar"), "netty42", new SimpleRelocator("io.kqnet", "org.example.deep.kqnet",
                List.of(), List.of()), new SimpleRelocator("io.netty", "org.example.deep.netty", List.of(), List.of()));
        assertWorks(Java.own().run("-Dorg.example.deep.kqnet.emulation=true", "-cp", shaded.toString(), "org.example.deep.kqnet.selftest.SelfTest"));
    }

    @Test
    void worksUnrelocatedInOneJarWithNetty() throws Exception {
        assertWorks(Java.own().run(EMULATION, "-cp", shade(directory.resolve("app.jar"), "netty41").toString(), MAIN));
    }

    private static Path shade(Path target, String line, SimpleRelocator... relocators) throws Exception {
        target.getParent().toFile().mkdirs();
        Set<java.io.File> jars = new HashSet<>();
        jars.add(Jars.kqnet("").toFile());
        Jars.netty(line).forEach(jar -> jars.add(jar.toFile()));
        ShadeRequest request = new ShadeRequest();
        request.setJars(jars);
        request.setUberJar(target.toFile());
        request.setFilters(List.of());
        request.setRelocators(List.of(relocators));
        request.setResourceTransformers(List.of());
        new DefaultShader().shade(request);
        return target;
    }
}
