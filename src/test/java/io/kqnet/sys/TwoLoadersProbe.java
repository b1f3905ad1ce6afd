package io.kqnet.sys;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/** Run in a JVM of its own by {@link NativeLibraryTest}: the same classes, from two class loaders that know nothing of each other. */
final class TwoLoadersProbe {
    private TwoLoadersProbe() {
    }

    public static void main(String[] arguments) throws Exception {
        try (URLClassLoader first = loader(); URLClassLoader second = loader()) {
            System.out.println("first: " + unavailabilityCause(first));
            System.out.println("second: " + unavailabilityCause(second));
        }
    }

    private static URLClassLoader loader() throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Paths.get(entry).toUri().toURL());
        }
        return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
    }

    private static Object unavailabilityCause(ClassLoader loader) throws ReflectiveOperationException {
        return loader.loadClass("io.kqnet.Kq").getMethod("unavailabilityCause").invoke(null);
    }
}
