package io.kqnet.support;

import io.kqnet.Kq;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The classes under test, as compiled: in a directory, or in the jar when that is what is tested. */
public final class Classes {
    private Classes() {
    }

    /** Names of all of them, inner ones too. */
    public static List<String> names() {
        try {
            Path place = Paths.get(Kq.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            if (Files.isDirectory(place)) {
                return names(place);
            }
            try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + place.toUri()), Map.of())) {
                return names(jar.getPath("/"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> names(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.map(file -> root.relativize(file).toString())
                    .filter(name -> name.endsWith(".class") && !name.contains("package-info") && !name.contains("module-info"))
                    .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
                    .sorted().collect(Collectors.toList());
        }
    }

    /** Those of one package, loaded and not initialised. */
    public static List<Class<?>> ofPackage(String packageName) throws ClassNotFoundException {
        List<Class<?>> types = new ArrayList<>();
        for (String name : names()) {
            if (name.substring(0, name.lastIndexOf('.')).equals(packageName)) {
                types.add(Class.forName(name, false, Classes.class.getClassLoader()));
            }
        }
        return types;
    }
}
