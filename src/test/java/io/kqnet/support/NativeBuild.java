package io.kqnet.support;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kqnet.sys.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Builds variants of the native library that only tests want; each compiler's call has the flags of the real build. */
public final class NativeBuild {
    private static final List<String> FLAGS = List.of("-std=gnu11", "-O2", "-g", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra",
            "-Wconversion", "-Werror", "-pthread");
    private static final Path ROOT = root();

    private NativeBuild() {
    }

    /** The checkout, also when the tests run from another module of it. */
    public static Path root() {
        Path directory = Paths.get("").toAbsolutePath();
        while (!Files.isDirectory(directory.resolve("src/main/c"))) {
            directory = directory.getParent();
        }
        return directory;
    }

    /** The library whose kernel has numbers of its own ({@code src/test/c/foreign}). */
    public static Path foreignLibrary() throws IOException, InterruptedException {
        Path foreign = ROOT.resolve("src/test/c/foreign");
        Path out = output("foreign");
        List<String> objects = compile(sources("src/main/c"), out, "-include", foreign.resolve("foreign.h").toString(), "-I" + foreign, release());
        objects.addAll(compile(sources("src/main/c/emul"), out));
        objects.addAll(compile(List.of(foreign.resolve("foreign.c")), out));
        return link(out, objects);
    }

    /** The library as another release of it would be. */
    public static Path libraryOf(String release, int abi) throws IOException, InterruptedException {
        return variant("release-" + release, "-DKQ_VERSION=" + release, "-DKQ_ABI_VERSION=" + abi);
    }

    /** The library of the fault tests ({@code src/test/c/faults}) over an emulation whose sendfile is that of macOS. */
    public static Path xnuSendfileLibrary() throws IOException, InterruptedException {
        Path faults = ROOT.resolve("src/test/c/faults/faults.c");
        Path out = output("xnu-sendfile");
        List<String> objects = compile(allSources(List.of(faults)), out, "-DKQEMUL_XNU_SENDFILE", "-I" + ROOT.resolve("src/main/c"), release());
        // The calls that faults.c wraps are listed where its own library is linked.
        Matcher wrap = Pattern.compile("-Wl,--wrap=\\w+").matcher(Files.readString(ROOT.resolve("pom.xml")));
        while (wrap.find()) {
            objects.add(wrap.group());
        }
        return link(out, objects);
    }

    /** The library as on systems that have no more than IP_ADD_MEMBERSHIP and IPV6_JOIN_GROUP. */
    public static Path plainMulticastLibrary() throws IOException, InterruptedException {
        return variant("multicast", "-DKQ_PLAIN_MULTICAST", release());
    }

    private static Path variant(String name, String... flags) throws IOException, InterruptedException {
        Path out = output(name);
        return link(out, compile(allSources(List.of()), out, flags));
    }

    private static String release() {
        return "-DKQ_VERSION=" + NativeLibrary.version();
    }

    private static List<Path> allSources(List<Path> more) throws IOException {
        List<Path> all = new ArrayList<>(sources("src/main/c"));
        all.addAll(sources("src/main/c/emul"));
        all.addAll(more);
        return all;
    }

    private static Path output(String name) throws IOException, InterruptedException {
        assumeTrue("Linux".equals(System.getProperty("os.name")), "variants of the library are built on the emulation, on Linux");
        assumeTrue(new ProcessBuilder("sh", "-c", "command -v cc > /dev/null").start().waitFor() == 0, "no C compiler called cc");
        return Files.createDirectories(Paths.get("target", "variants", name).toAbsolutePath());
    }

    private static List<Path> sources(String directory) throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve(directory))) {
            return files.filter(file -> file.toString().endsWith(".c")).sorted().collect(Collectors.toList());
        }
    }

    private static List<String> compile(List<Path> sources, Path out, String... flags) throws IOException, InterruptedException {
        Path jni = Paths.get(System.getProperty("java.home"), "include");
        List<String> objects = new ArrayList<>();
        for (Path source : sources) {
            String object = out.resolve(source.getFileName() + ".o").toString();
            List<String> command = new ArrayList<>(List.of("cc"));
            command.addAll(FLAGS);
            command.addAll(List.of(flags));
            command.addAll(List.of("-I" + ROOT.resolve("src/main/c/emul/include"), "-I" + jni, "-I" + jni.resolve("linux"), "-c",
                    source.toString(), "-o", object));
            run(command);
            objects.add(object);
        }
        return objects;
    }

    private static Path link(Path out, List<String> objects) throws IOException, InterruptedException {
        Path library = out.resolve("libkqnet_variant.so");
        List<String> command = new ArrayList<>(List.of("cc", "-shared", "-pthread", "-Wl,--no-undefined", "-o", library.toString()));
        command.addAll(objects);
        run(command);
        return library;
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new AssertionError(String.join(" ", command) + "\n" + text);
        }
    }
}
