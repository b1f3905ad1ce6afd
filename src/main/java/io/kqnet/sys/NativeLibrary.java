package io.kqnet.sys;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;

/**
 * Finds and loads the one native library; the only class that knows names of operating systems and architectures.
 * Order: the file named by {@code io.kqnet.library} (nothing else is tried), {@code java.library.path}, the jar.
 */
public final class NativeLibrary {
    /** System property: load exactly this file, whatever the operating system's name says. */
    public static final String LIBRARY_PROP_NAME = "io.kqnet.library";
    /** System property: {@code true} allows the kqueue emulation on Linux, a development platform. */
    public static final String EMULATION_PROP_NAME = "io.kqnet.emulation";
    /** System property: directory the library is extracted to; default {@code java.io.tmpdir}. It must not be mounted noexec. */
    public static final String WORKDIR_PROP_NAME = "io.kqnet.workdir";

    private static final int ABI_VERSION = 1;

    private NativeLibrary() {
    }

    /**
     * Loads the library and checks that it fits these classes.
     *
     * @throws UnsatisfiedLinkError with what to do about it
     */
    public static void load() {
        String explicit = System.getProperty(LIBRARY_PROP_NAME);
        if (explicit != null) {
            loadExplicit(explicit);
        } else {
            loadForPlatform();
        }
        int version = abiVersion(explicit);
        if (version != ABI_VERSION) {
            throw new UnsatisfiedLinkError("the native library speaks ABI " + version + ", these classes ABI " + ABI_VERSION
                    + ": the jar and the library are of different releases");
        }
    }

    /** A library that is none of ours loads without complaint and binds nothing. */
    private static int abiVersion(String explicit) {
        try {
            return Platform.abiVersion();
        } catch (UnsatisfiedLinkError e) {
            throw withCause(new UnsatisfiedLinkError("the loaded library is not Kqnet's" + (explicit == null ? ""
                    : "; " + LIBRARY_PROP_NAME + " names " + explicit)), e);
        }
    }

    private static void loadExplicit(String file) {
        Path path = Paths.get(file).toAbsolutePath();
        if (!Files.isRegularFile(path)) {
            throw new UnsatisfiedLinkError(LIBRARY_PROP_NAME + " names " + path + ", which is not a file");
        }
        try {
            System.load(path.toString());
        } catch (UnsatisfiedLinkError e) {
            throw withCause(new UnsatisfiedLinkError(LIBRARY_PROP_NAME + " names " + path + ", which is not a library built for this system: "
                    + e.getMessage()), e);
        }
    }

    private static void loadForPlatform() {
        String name = libraryName(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
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

    /** {@code kqnet_<os>_<arch>} as in the jar's {@code META-INF/native}. */
    static String libraryName(String osName, String osArch) {
        String os = osName.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
        if (os.startsWith("macos") || os.startsWith("darwin")) {
            os = "macos";
        }
        String arch = osArch.toLowerCase(Locale.ROOT);
        if (arch.equals("amd64") || arch.equals("x8664") || arch.equals("x64")) {
            arch = "x86_64";
        } else if (arch.equals("arm64")) {
            arch = "aarch64";
        }
        return "kqnet_" + os + '_' + arch;
    }

    private static void loadFromJar(String fileName, UnsatisfiedLinkError notOnLibraryPath) {
        String resource = "/META-INF/native/" + fileName;
        try (InputStream in = NativeLibrary.class.getResourceAsStream(resource)) {
            if (in == null) {
                UnsatisfiedLinkError error = new UnsatisfiedLinkError("no native library for this system: neither " + fileName
                        + " on java.library.path nor " + resource + " in the jar; build one with make and name it with -D"
                        + LIBRARY_PROP_NAME);
                error.addSuppressed(notOnLibraryPath);
                throw error;
            }
            loadExtracted(in, fileName);
        } catch (IOException e) {
            throw withCause(new UnsatisfiedLinkError("cannot extract " + fileName + "; set -D" + WORKDIR_PROP_NAME
                    + " to a writable directory"), e);
        }
    }

    /** The directory is fresh and private, so nobody can have put or can swap a file of that name; the mapping outlives the file. */
    private static void loadExtracted(InputStream in, String fileName) throws IOException {
        Path parent = Paths.get(System.getProperty(WORKDIR_PROP_NAME, System.getProperty("java.io.tmpdir")));
        Path directory = Files.createTempDirectory(parent, "kqnet",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path file = directory.resolve(fileName);
        try {
            Files.copy(in, file);
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            throw withCause(new UnsatisfiedLinkError("cannot load " + file + "; if its directory is mounted noexec set -D"
                    + WORKDIR_PROP_NAME + " to another one"), e);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(directory);
        }
    }

    private static UnsatisfiedLinkError withCause(UnsatisfiedLinkError error, Throwable cause) {
        error.initCause(cause);
        return error;
    }
}
