package io.kqnet.sys;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Loads a library that is bytes of a jar. Every load has a file of its own, in a fresh directory that nobody else may enter: a stale or
 * planted file is never met, and two class loaders never meet each other's. The file goes at once; the mapping outlives it.
 */
final class LibraryFile {
    private static final String OWNER_ONLY = "rwx------";

    private LibraryFile() {
    }

    /** Where a file may be put, in the order they are tried. */
    static List<Path> directories() {
        String workdir = System.getProperty(NativeLibrary.WORKDIR_PROP_NAME);
        if (workdir != null) {
            return List.of(Paths.get(workdir));
        }
        Set<Path> directories = new LinkedHashSet<>();
        for (String property : List.of("java.io.tmpdir", "user.home", "user.dir")) {
            String directory = System.getProperty(property);
            if (directory != null && !directory.isEmpty()) {
                directories.add(Paths.get(directory));
            }
        }
        return new ArrayList<>(directories);
    }

    /**
     * Loads the library from the first directory that allows it.
     *
     * @throws UnsatisfiedLinkError with every directory's refusal
     */
    static void load(byte[] library, String fileName) {
        UnsatisfiedLinkError failure = null;
        for (Path directory : directories()) {
            try {
                loadFrom(directory, library, fileName);
                return;
            } catch (IOException | UnsatisfiedLinkError e) {
                failure = refused(failure, directory, fileName, e);
            }
        }
        throw failure;
    }

    private static UnsatisfiedLinkError refused(UnsatisfiedLinkError before, Path directory, String fileName, Throwable cause) {
        String what = cause instanceof IOException ? "cannot extract " + fileName + " to " + directory + " (" + cause + ")"
                : "cannot load " + fileName + " from " + directory + " (" + cause.getMessage() + "); is it mounted noexec?";
        String text = before == null ? what + "; set -D" + NativeLibrary.WORKDIR_PROP_NAME
                + " to a directory that is writable and not mounted noexec" : before.getMessage() + "; " + what;
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(text);
        error.initCause(cause);
        if (before != null) {
            error.addSuppressed(before);
        }
        return error;
    }

    private static void loadFrom(Path parent, byte[] library, String fileName) throws IOException {
        Path directory = Files.createTempDirectory(parent, "kqnet", ownerOnly());
        try {
            System.load(write(directory, library, fileName).toAbsolutePath().toString());
        } finally {
            remove(directory.resolve(fileName));
            remove(directory);
        }
    }

    /** What cannot go now, such as on NFS a directory with a file that is mapped, goes with the JVM or stays: the library is loaded. */
    private static void remove(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            path.toFile().deleteOnExit();
        }
    }

    /** The file, new and as written; a name that exists is refused. */
    static Path write(Path directory, byte[] library, String fileName) throws IOException {
        Path file = Files.createFile(directory.resolve(fileName), ownerOnly());
        Files.write(file, library);
        if (!Arrays.equals(library, Files.readAllBytes(file))) {
            throw new IOException(file + " is not what was written to it");
        }
        return file;
    }

    private static FileAttribute<?>[] ownerOnly() {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        return posix ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY))}
                : new FileAttribute<?>[0];
    }
}
