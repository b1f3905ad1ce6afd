package io.kqnet.packaging;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The jars under test and those they need. */
final class Jars {
    private Jars() {
    }

    static List<Path> in(Path directory, String pattern) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches(pattern)).sorted().collect(Collectors.toList());
        }
    }

    static Path built() {
        return Paths.get(System.getProperty("kqnet.jars")).toAbsolutePath().normalize();
    }

    /** The jar of a classifier, of the main jar if it is empty. */
    static Path kqnet(String classifier) throws IOException {
        String suffix = classifier.isEmpty() ? "" : "-" + classifier;
        List<Path> found = in(built(), "kqnet-[0-9][0-9.]*(-SNAPSHOT)?" + suffix + "\\.jar");
        if (found.size() != 1) {
            throw new AssertionError("not one jar of classifier '" + classifier + "': " + found);
        }
        return found.get(0);
    }

    /** Netty as copied by the build; {@code line} is {@code netty41} or {@code netty42}. */
    static List<Path> netty(String line) throws IOException {
        return in(Paths.get("target", line).toAbsolutePath(), ".*\\.jar");
    }

    static String path(Path jar, List<Path> more) {
        return Stream.concat(Stream.of(jar), more.stream()).map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }
}
