package io.kqnet;

import io.kqnet.support.Classes;
import java.lang.reflect.Modifier;

/** Run in a JVM of its own by {@link LoadClassesTest}: loads, links and initialises every class where there is no native library. */
final class LoadProbe {
    private LoadProbe() {
    }

    /** Prints {@code unloadable <class>: <why>} and {@code uninitialised (public|internal) <class>: <why>}. */
    public static void main(String[] arguments) {
        ClassLoader loader = LoadProbe.class.getClassLoader();
        for (String name : Classes.names()) {
            Class<?> type;
            try {
                type = Class.forName(name, false, loader);
                // Resolves the types in every signature.
                type.getDeclaredMethods();
                type.getDeclaredConstructors();
                type.getDeclaredFields();
            } catch (LinkageError | ClassNotFoundException e) {
                System.out.println("unloadable " + name + ": " + e);
                continue;
            }
            try {
                Class.forName(name, true, loader);
            } catch (LinkageError | ClassNotFoundException e) {
                System.out.println("uninitialised " + (Modifier.isPublic(type.getModifiers()) ? "public " : "internal ") + name + ": " + e);
            }
        }
        System.out.println("available: " + Kq.isAvailable());
    }
}
