package io.kqnet.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The Java sources under test, for rules the compiler does not know. */
public final class Sources {
    private static final Path MAIN = find();

    private Sources() {
    }

    /** Tests run in the project's directory, or below it. */
    private static Path find() {
        for (Path directory = Paths.get("").toAbsolutePath(); directory != null; directory = directory.getParent()) {
            if (Files.isRegularFile(directory.resolve("src/main/java/io/kqnet/Kq.java"))) {
                return directory.resolve("src/main/java");
            }
        }
        throw new AssertionError("no src/main/java above " + Paths.get("").toAbsolutePath());
    }

    /** Relative names, such as {@code io/kqnet/Kq.java}. */
    public static List<String> mainFiles() {
        try (Stream<Path> files = Files.walk(MAIN)) {
            return files.map(file -> MAIN.relativize(file).toString()).filter(name -> name.endsWith(".java")).sorted()
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String main(String file) {
        try {
            return Files.readString(MAIN.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Comments may talk about anything. */
    public static String withoutComments(String source) {
        return source.replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?m)^\\s*//.*$", "");
    }

    /** Without comments and strings: messages too may name what code must not use. */
    public static String code(String file) {
        return withoutComments(main(file)).replaceAll("\"[^\"\n]*\"", "\"\"");
    }
}
