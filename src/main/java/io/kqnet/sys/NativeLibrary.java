package io.kqnet.sys;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Finds and loads the one native library; the only class that knows names of operating systems and architectures.
 * Order: the file named by {@code io.kqnet.library} (nothing else is tried), a library that is bound already, {@code java.library.path},
 * the jar.
 */
public final class NativeLibrary {
    /** System property: load exactly this file, whatever the operating system's name says. */
    public static final String LIBRARY_PROP_NAME = "io.kqnet.library";
    /** System property: {@code true} allows the kqueue emulation on Linux, a development platform. */
    public static final String EMULATION_PROP_NAME = "io.kqnet.emulation";
    /**
     * System property: directory the library is extracted to, writable and not mounted noexec. Default: the first that works of
     * {@code java.io.tmpdir}, {@code user.home} and {@code user.dir}.
     */
    public static final String WORKDIR_PROP_NAME = "io.kqnet.workdir";

    private static final int ABI_VERSION = 2;
    private static final String RESOURCES = "/META-INF/native/";

    private NativeLibrary() {
    }

    /**
     * Loads the library and checks that it fits these classes. A library that is bound already (linked into the program, or loaded by
     * somebody else for this class loader) is used as it is.
     *
     * @throws UnsatisfiedLinkError with what to do about it
     */
    public static void load() {
        String explicit = System.getProperty(LIBRARY_PROP_NAME);
        try {
            if (explicit != null) {
                loadExplicit(explicit);
            } else if (!isBound()) {
                loadForPlatform();
            }
        } catch (IllegalCallerException e) {
            Module module = NativeLibrary.class.getModule();
            throw withCause(new UnsatisfiedLinkError("this JVM loads native code only with permission: pass --enable-native-access="
                    + (module.isNamed() ? module.getName() : "ALL-UNNAMED")), e);
        }
        checkVersion(explicit);
    }

    private static boolean isBound() {
        try {
            Platform.abiVersion();
            return true;
        } catch (UnsatisfiedLinkError notYet) {
            return false;
        }
    }

    private static void checkVersion(String explicit) {
        int abi;
        String release;
        try {
            abi = Platform.abiVersion();
            release = abi == ABI_VERSION ? Platform.version() : "unknown";
        } catch (UnsatisfiedLinkError e) {
            // A library that is none of ours loads without complaint and binds nothing.
            throw withCause(new UnsatisfiedLinkError("the loaded library is not Kqnet's" + (explicit == null ? ""
                    : "; " + LIBRARY_PROP_NAME + " names " + explicit)), e);
        }
        String expected = version();
        if (abi != ABI_VERSION || !release.equals(expected)) {
            throw new UnsatisfiedLinkError("the native library is of release " + release + " (ABI " + abi + "), these classes are of release "
                    + expected + " (ABI " + ABI_VERSION + "): take both from one release, and look for an old library on java.library.path");
        }
    }

    /** The release these classes belong to. */
    public static String version() {
        Properties properties = new Properties();
        try (InputStream in = NativeLibrary.class.getResourceAsStream("version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version", "unknown");
    }

    private static void loadExplicit(String file) {
        Path path = Paths.get(file).toAbsolutePath();
        if (!Files.isRegularFile(path)) {
            throw new UnsatisfiedLinkError(LIBRARY_PROP_NAME + " names " + path + ", which is not a file");
        }
        try {
            System.load(path.toString());
        } catch (UnsatisfiedLinkError e) {
            if (!isLoadedElsewhere(e)) {
                throw withCause(new UnsatisfiedLinkError(LIBRARY_PROP_NAME + " names " + path
                        + ", which is not a library built for this system: " + e.getMessage()), e);
            }
            loadCopy(path);
        }
    }

    /** A JVM gives one file to one class loader; a copy is another file. */
    private static boolean isLoadedElsewhere(UnsatisfiedLinkError e) {
        return String.valueOf(e.getMessage()).contains("another classloader");
    }

    private static void loadCopy(Path path) {
        try {
            LibraryFile.load(Files.readAllBytes(path), path.getFileName().toString());
        } catch (IOException e) {
            throw withCause(new UnsatisfiedLinkError("cannot read " + path), e);
        }
    }

    private static void loadForPlatform() {
        String name = libraryName(System.getProperty("os.name", ""), System.getProperty("os.arch", ""), isMusl());
        if (name.contains("linux") && !Boolean.getBoolean(EMULATION_PROP_NAME)) {
            throw new UnsatisfiedLinkError("Linux has no kqueue; for development and tests set -D" + EMULATION_PROP_NAME
                    + "=true to run on the emulation, in production use epoll or io_uring");
        }
        try {
            System.loadLibrary(name);
        } catch (UnsatisfiedLinkError notOnLibraryPath) {
            loadFromJar(System.mapLibraryName(name), notOnLibraryPath);
        }
    }

    private static void loadFromJar(String fileName, UnsatisfiedLinkError notOnLibraryPath) {
        byte[] library;
        try (InputStream in = NativeLibrary.class.getResourceAsStream(RESOURCES + fileName)) {
            if (in == null) {
                UnsatisfiedLinkError error = new UnsatisfiedLinkError("no native library for this system: neither " + fileName
                        + " on java.library.path nor " + RESOURCES + fileName + " in the jar; build one with make and name it with -D"
                        + LIBRARY_PROP_NAME);
                error.addSuppressed(notOnLibraryPath);
                throw error;
            }
            library = in.readAllBytes();
        } catch (IOException e) {
            throw withCause(new UnsatisfiedLinkError("cannot read " + RESOURCES + fileName), e);
        }
        LibraryFile.load(library, fileName);
    }

    /** Whether this process runs on musl: its loader is then mapped into every process. Only Linux has the file that tells. */
    private static boolean isMusl() {
        try (Stream<String> maps = Files.lines(Paths.get("/proc/self/maps"))) {
            return maps.anyMatch(line -> line.contains("/ld-musl-"));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    /** {@code kqnet_<os>_<arch>} as in the jar's {@code META-INF/native}. */
    static String libraryName(String osName, String osArch, boolean musl) {
        String os = osName.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
        if (os.startsWith("macos") || os.startsWith("darwin")) {
            os = "macos";
        } else if (os.equals("linux") && musl) {
            os = "linux_musl";
        }
        String arch = osArch.toLowerCase(Locale.ROOT);
        if (arch.equals("amd64") || arch.equals("x8664") || arch.equals("x64")) {
            arch = "x86_64";
        } else if (arch.equals("arm64")) {
            arch = "aarch64";
        }
        return "kqnet_" + os + '_' + arch;
    }

    private static UnsatisfiedLinkError withCause(UnsatisfiedLinkError error, Throwable cause) {
        error.initCause(cause);
        return error;
    }
}
