package io.kqnet.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class JarContentTest {
    private static final Map<String, Set<String>> NATIVES = new TreeMap<>(Map.of(
            "osx-aarch_64", Set.of("macos_aarch64.dylib"),
            "osx-x86_64", Set.of("macos_x86_64.dylib"),
            "freebsd-x86_64", Set.of("freebsd_x86_64.so"),
            "freebsd-aarch_64", Set.of("freebsd_aarch64.so"),
            "netbsd-x86_64", Set.of("netbsd_x86_64.so"),
            "netbsd-aarch_64", Set.of("netbsd_aarch64.so"),
            "openbsd-x86_64", Set.of("openbsd_x86_64.so"),
            "openbsd-aarch_64", Set.of("openbsd_aarch64.so"),
            "linux-x86_64", Set.of("linux_x86_64.so", "linux_musl_x86_64.so"),
            "linux-aarch_64", Set.of("linux_aarch64.so", "linux_musl_aarch64.so")));

    private static Set<String> entries(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.stream().filter(entry -> !entry.isDirectory()).map(entry -> entry.getName()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static Set<String> natives(Path jar) throws IOException {
        String start = "META-INF/native/libkqnet_";
        return entries(jar).stream().filter(name -> name.startsWith("META-INF/native/")).map(name -> name.substring(start.length()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> withoutNatives(Path jar) throws IOException {
        return entries(jar).stream().filter(name -> !name.startsWith("META-INF/native/")).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void mainJarHoldsTheLibraryOfEveryPlatform() throws IOException {
        Set<String> all = NATIVES.values().stream().flatMap(Set::stream).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(all, natives(Jars.kqnet("")));
    }

    @Test
    void classifierJarsHoldTheSameButForTheirLibraries() throws IOException {
        for (Map.Entry<String, Set<String>> classifier : NATIVES.entrySet()) {
            assertEquals(new TreeSet<>(classifier.getValue()), natives(Jars.kqnet(classifier.getKey())), classifier.getKey());
            assertEquals(withoutNatives(Jars.kqnet("")), withoutNatives(Jars.kqnet(classifier.getKey())), classifier.getKey());
        }
    }

    @Test
    void everyJarCarriesTheLicence() throws IOException {
        for (Path jar : Jars.in(Jars.built(), "kqnet-[0-9].*\\.jar")) {
            assertTrue(entries(jar).containsAll(List.of("META-INF/LICENSE", "META-INF/NOTICE")), jar.toString());
        }
    }

    @Test
    void sourcesAreThose() throws IOException {
        Set<String> classes = entries(Jars.kqnet("")).stream().filter(name -> name.startsWith("io/") && name.endsWith(".class"))
                .map(name -> name.replaceAll("(\\$.*)?\\.class$", ".java")).collect(Collectors.toCollection(TreeSet::new));
        Set<String> sources = entries(Jars.kqnet("sources")).stream().filter(name -> name.endsWith(".java") && name.startsWith("io/"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertTrue(sources.containsAll(classes), () -> classes + " against " + sources);
        assertTrue(natives(Jars.kqnet("sources")).isEmpty());
    }

    @Test
    void isARealModuleThatHidesItsInside() throws IOException {
        ModuleDescriptor module = ModuleFinder.of(Jars.kqnet("")).find("io.kqnet").orElseThrow().descriptor();
        assertFalse(module.isAutomatic());
        assertEquals(Set.of("io.kqnet", "io.kqnet.netty42"), module.exports().stream().map(ModuleDescriptor.Exports::source).collect(Collectors.toSet()));
        assertTrue(module.opens().isEmpty());
    }

    @Test
    void manifestDescribesABundle() throws IOException {
        try (JarFile jar = new JarFile(Jars.kqnet("").toFile())) {
            Manifest manifest = jar.getManifest();
            assertEquals("io.kqnet", manifest.getMainAttributes().getValue("Bundle-SymbolicName"));
            String imports = manifest.getMainAttributes().getValue("Import-Package");
            assertTrue(imports.contains("io.netty.channel;version=\"[4.1,5)\""), imports);
            String natives = manifest.getMainAttributes().getValue("Bundle-NativeCode");
            for (String library : natives(Jars.kqnet(""))) {
                assertEquals(!library.contains("musl"), natives.contains("libkqnet_" + library + ';'), library);
            }
        }
    }

    @Test
    void billOfMaterialsNamesWhatIsDeliveredAndNothingElse() throws IOException {
        Path sbom = Jars.in(Jars.built(), "kqnet-.*-cyclonedx\\.json").get(0);
        String text = Files.readString(sbom, StandardCharsets.UTF_8);
        for (String needed : List.of("netty-common", "netty-buffer", "netty-transport", "netty-resolver", "netty-transport-native-unix-common")) {
            assertTrue(text.contains("pkg:maven/io.netty/" + needed + '@'), needed);
        }
        assertFalse(text.contains("junit") || text.contains("netty-testsuite"), text);
    }

    @Test
    void mavenBomNamesEveryClassifier() throws IOException {
        String bom = Files.readString(Jars.in(Jars.built(), "kqnet-bom-.*\\.pom").get(0));
        for (String classifier : NATIVES.keySet()) {
            assertTrue(bom.contains("<classifier>" + classifier + "</classifier>"), classifier);
        }
    }
}
