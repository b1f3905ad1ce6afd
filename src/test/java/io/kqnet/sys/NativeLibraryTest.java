package io.kqnet.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kqnet.Kq;
import io.kqnet.support.ChildJvm;
import io.kqnet.support.NativeBuild;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What users see where the library cannot be loaded: a JVM of its own for each, since a library is loaded once. */
@Timeout(300)
class NativeLibraryTest {
    private static final String EMULATION = "-Dio.kqnet.emulation=true";

    @TempDir
    Path directory;

    private static ChildJvm child(String... options) {
        return new ChildJvm().with(options);
    }

    private static void assertUnavailable(ChildJvm child, String... causes) throws IOException, InterruptedException {
        String output = child.run(AvailabilityProbe.class);
        assertTrue(output.contains("available: false"), output);
        for (String cause : causes) {
            assertTrue(line(output, "cause: ").contains(cause), output);
            assertTrue(line(output, "ensured: ").contains(cause), output);
        }
        assertFalse(output.contains("without its cause"), output);
        assertEquals("", line(output, "loud: "), output);
        assertTrue(output.contains("done"), output);
    }

    private static void assertAvailable(ChildJvm child) throws IOException, InterruptedException {
        String output = child.run(AvailabilityProbe.class);
        assertTrue(output.contains("available: true"), output);
        assertFalse(line(output, "platform: ").isEmpty(), output);
        assertEquals("", line(output, "loud: "), output);
    }

    private static String line(String output, String start) {
        return output.lines().filter(line -> line.startsWith(start)).findFirst().orElse("");
    }

    private static boolean isLinux() {
        return System.getProperty("os.name").equals("Linux");
    }

    private Path builtLibrary() throws IOException {
        String name = System.mapLibraryName(NativeLibrary.libraryName(System.getProperty("os.name"), System.getProperty("os.arch"), false));
        Path copy = directory.resolve(name);
        Files.deleteIfExists(copy);
        try (InputStream in = NativeLibrary.class.getResourceAsStream("/META-INF/native/" + name)) {
            Files.copy(in, copy);
        }
        return copy;
    }

    @Test
    void worksOutOfTheJar() throws Exception {
        assertAvailable(child(EMULATION, "-Djava.io.tmpdir=" + directory));
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(0, left.count(), "the extracted file goes once it is loaded");
        }
    }

    @Test
    void worksFromTheLibraryPath() throws Exception {
        builtLibrary();
        assertAvailable(child(EMULATION, "-Djava.library.path=" + directory, "-Dio.kqnet.workdir=/nonexistent"));
    }

    @Test
    void saysWhatToDoOnAnotherSystem() throws Exception {
        assertUnavailable(child(EMULATION, "-Dos.name=Haiku"), "no native library for this system", "kqnet_haiku_", "-Dio.kqnet.library");
    }

    @Test
    void saysWhatToDoOnAnotherArchitecture() throws Exception {
        assertUnavailable(child(EMULATION, "-Dos.arch=riscv64"), "no native library for this system", "_riscv64", "-Dio.kqnet.library");
    }

    @Test
    void isOffOnLinuxUnlessAskedFor() throws Exception {
        assumeTrue(isLinux(), "only Linux has the emulation");
        assertUnavailable(child(), "-Dio.kqnet.emulation=true", "in production use epoll or io_uring");
    }

    @Test
    void honoursNettysSwitch() throws Exception {
        assertUnavailable(child(EMULATION, "-Dio.netty.transport.noNative=true"), "-Dio.netty.transport.noNative=true");
    }

    @Test
    void loadsTheNamedLibraryWhateverTheSystemIsCalled() throws Exception {
        Path library = builtLibrary();
        assertAvailable(child("-Dio.kqnet.library=" + library));
        assertAvailable(child("-Dio.kqnet.library=" + library, "-Dos.name=Haiku", "-Dos.arch=riscv64"));
    }

    @Test
    void triesNothingElseIfTheNamedFileIsMissing() throws Exception {
        assertUnavailable(child(EMULATION, "-Dio.kqnet.library=" + directory.resolve("none.so")), "io.kqnet.library", "none.so",
                "not a file");
        assertUnavailable(child(EMULATION, "-Dio.kqnet.library=" + directory), "io.kqnet.library", "not a file");
    }

    @Test
    void saysWhatToDoIfTheNamedFileIsNoLibrary() throws Exception {
        Path text = Files.writeString(directory.resolve("text.so"), "not a library");
        assertUnavailable(child(EMULATION, "-Dio.kqnet.library=" + text), "io.kqnet.library", "text.so",
                "not a library built for this system");
    }

    @Test
    void saysWhatToDoIfTheNamedFileIsAnotherLibrary() throws Exception {
        Path other = Paths.get(System.getProperty("java.home"), "lib", System.mapLibraryName("prefs"));
        assumeTrue(Files.isRegularFile(other), "this JDK has no " + other);
        assertUnavailable(child(EMULATION, "-Dio.kqnet.library=" + other), "not Kqnet's", "io.kqnet.library",
                other.getFileName().toString());
    }

    @Test
    void saysWhatToDoIfNothingCanBeExtracted() throws Exception {
        assertUnavailable(child(EMULATION, "-Dio.kqnet.workdir=" + directory.resolve("none")), "cannot extract", "-Dio.kqnet.workdir");
    }

    /** The directory is mounted in a namespace of its own, so that the mount is gone with the child. */
    private ChildJvm withTemporaryDirectory(String mountOptions, String... options) throws Exception {
        assumeTrue(isLinux(), "needs unshare(1)");
        String mount = "mount -t tmpfs -o " + mountOptions + " none '" + directory + "' && exec \"$@\"";
        assumeTrue(new ProcessBuilder("unshare", "-m", "sh", "-c", mount, "sh", "true").start().waitFor() == 0,
                "only root may mount");
        return child(EMULATION, "-Djava.io.tmpdir=" + directory).with(options).under("unshare", "-m", "sh", "-c", mount, "sh");
    }

    @Test
    void goesToAnotherDirectoryIfTheTemporaryOneIsNoexec() throws Exception {
        assertAvailable(withTemporaryDirectory("noexec"));
    }

    @Test
    void goesToAnotherDirectoryIfTheTemporaryOneIsReadOnly() throws Exception {
        assertAvailable(withTemporaryDirectory("ro"));
    }

    @Test
    void saysWhatToDoIfEveryDirectoryIsNoexec() throws Exception {
        assertUnavailable(withTemporaryDirectory("noexec", "-Duser.home=" + directory, "-Duser.dir=" + directory), "noexec",
                "-Dio.kqnet.workdir", directory.toString());
    }

    @Test
    void saysWhatToDoIfTheNamedDirectoryIsNoexec() throws Exception {
        assertUnavailable(withTemporaryDirectory("noexec", "-Dio.kqnet.workdir=" + directory), "noexec", "-Dio.kqnet.workdir");
    }

    @Test
    void worksInDirectoriesWithSpaces() throws Exception {
        Path spaced = Files.createDirectories(directory.resolve("with some spaces"));
        assertAvailable(child(EMULATION, "-Djava.io.tmpdir=" + spaced));
        Path library = Files.copy(builtLibrary(), spaced.resolve("lib kqnet.so"));
        assertAvailable(child("-Dio.kqnet.library=" + library));
    }

    /** Whatever lies in the temporary directory, the file that is loaded is a new one. */
    @Test
    void neverLoadsAFileItDidNotWrite() throws Exception {
        Path planted = Files.writeString(builtLibrary(), "planted");
        assertAvailable(child(EMULATION, "-Djava.io.tmpdir=" + directory));
        assertEquals("planted", Files.readString(planted));
    }

    @Test
    void goesToAnotherDirectoryIfTheTemporaryOneIsFull() throws Exception {
        assertAvailable(withTemporaryDirectory("size=4k"));
    }

    @Test
    void writesTheFileForItsOwnerOnly() throws IOException {
        Path file = LibraryFile.write(directory, new byte[] {1, 2, 3}, "library.so");
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertThrows(FileAlreadyExistsException.class, () -> LibraryFile.write(directory, new byte[] {4}, "library.so"));
    }

    @Test
    void leavesNoFileOfALibraryThatDoesNotLoad() throws IOException {
        assumeTrue(isLinux(), "writes into an ELF header");
        String name = "kqnet_" + ProcessHandle.current().pid() + ".so";
        byte[] foreign = Files.readAllBytes(builtLibrary());
        // e_machine of the ELF header: a whole library for another processor; the JVM does not survive half a one.
        foreign[18] = (byte) 0xF3;
        assertThrows(UnsatisfiedLinkError.class, () -> LibraryFile.load(foreign, name));
        for (Path parent : LibraryFile.directories()) {
            try (Stream<Path> left = Files.find(parent, 2, (path, attributes) -> path.endsWith(name))) {
                assertEquals(0, left.count(), parent.toString());
            }
        }
    }

    @Test
    void namesBothReleasesIfTheyDiffer() throws Exception {
        assumeTrue(Kq.isAvailable(), "this JVM's own library tells the ABI");
        Path release = NativeBuild.libraryOf("9.9.9", Platform.abiVersion());
        assertUnavailable(child("-Dio.kqnet.library=" + release), "release 9.9.9", "release " + NativeLibrary.version(), "take both from one");
        Path abi = NativeBuild.libraryOf(NativeLibrary.version(), 77);
        assertUnavailable(child("-Dio.kqnet.library=" + abi), "ABI 77", "ABI " + Platform.abiVersion(), "take both from one");
    }

    @Test
    void worksInTwoClassLoadersAtOnce() throws Exception {
        for (String option : List.of(EMULATION, "-Dio.kqnet.library=" + builtLibrary(), "-Djava.library.path=" + directory)) {
            String output = child(EMULATION, option).run(TwoLoadersProbe.class);
            assertTrue(output.contains("first: null") && output.contains("second: null"), option + "\n" + output);
        }
    }

    @Test
    void namesFilesAfterSystemAndArchitecture() {
        assertEquals("kqnet_macos_aarch64", NativeLibrary.libraryName("Mac OS X", "aarch64", false));
        assertEquals("kqnet_macos_x86_64", NativeLibrary.libraryName("Darwin", "x86_64", false));
        assertEquals("kqnet_freebsd_x86_64", NativeLibrary.libraryName("FreeBSD", "amd64", false));
        assertEquals("kqnet_netbsd_aarch64", NativeLibrary.libraryName("NetBSD", "arm64", false));
        assertEquals("kqnet_openbsd_x86_64", NativeLibrary.libraryName("OpenBSD", "x64", false));
        assertEquals("kqnet_dragonflybsd_x86_64", NativeLibrary.libraryName("DragonFlyBSD", "AMD64", false));
        assertEquals("kqnet_linux_x86_64", NativeLibrary.libraryName("Linux", "amd64", false));
        assertEquals("kqnet_linux_musl_aarch64", NativeLibrary.libraryName("Linux", "aarch64", true));
        assertEquals("kqnet__", NativeLibrary.libraryName("", "", false));
    }
}
