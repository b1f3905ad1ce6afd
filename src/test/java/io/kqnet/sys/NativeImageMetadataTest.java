package io.kqnet.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Classes;
import io.kqnet.support.NativeBuild;
import io.netty.channel.Channel;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** GraalVM's native-image is told of everything that C looks up by name, and of what Java makes by reflection. */
class NativeImageMetadataTest {
    /** Without white space. */
    private static String metadata(String file) throws IOException {
        try (InputStream in = NativeLibrary.class.getResourceAsStream("/META-INF/native-image/io.kqnet/kqnet/" + file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replaceAll("\\s", "");
        }
    }

    /** The metadata of one type, up to the next type. */
    private static String entry(String file, String key, String type) throws IOException {
        String text = metadata(file);
        int start = text.indexOf("\"" + key + "\":\"" + type + "\"");
        assertTrue(start >= 0, type + " is not in " + file);
        // Members are called name too; only types have a dot in theirs.
        Matcher next = Pattern.compile("\"" + key + "\":\"[^\"]*\\.").matcher(text);
        return text.substring(start, next.find(start + 1) ? next.start() : text.length());
    }

    private static String c() throws IOException {
        try (Stream<Path> files = Files.list(NativeBuild.root().resolve("src/main/c"))) {
            StringBuilder text = new StringBuilder();
            for (Path file : files.filter(file -> file.toString().endsWith(".c")).sorted().collect(Collectors.toList())) {
                text.append(Files.readString(file));
            }
            return text.toString();
        }
    }

    private static Set<String> found(String text, String regex) {
        Set<String> found = new TreeSet<>();
        Matcher matcher = Pattern.compile(regex).matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    @Test
    void listsEveryClassWithNatives() throws IOException {
        Set<String> classes = found(c(), "\\{\"(\\w+)\", kq_\\w+_methods, &kq_");
        assertTrue(classes.containsAll(Set.of("Platform", "KqueueCalls")), classes.toString());
        for (String name : classes) {
            String type = "io.kqnet.sys." + name;
            assertTrue(entry("jni-config.json", "name", type).contains("\"allDeclaredMethods\":true"), name);
            assertTrue(entry("reachability-metadata.json", "type", type).contains("\"jniAccessible\":true,\"allDeclaredMethods\":true"), name);
        }
        Set<String> listed = found(metadata("jni-config.json"), "\"io\\.kqnet\\.sys\\.(\\w+)\"");
        assertEquals(classes, listed);
    }

    @Test
    void listsEveryNameThatCodeInCLooksUp() throws IOException {
        String text = c();
        Set<String> types = found(text, "FindClass\\(env, \"([^\"]+)\"\\)");
        assertFalse(types.isEmpty());
        for (String type : types) {
            entry("jni-config.json", "name", type.replace('/', '.'));
            entry("reachability-metadata.json", "type", type.replace('/', '.'));
        }
        Set<String> members = found(text, "Get(?:Static)?MethodID\\(env, \\w+, \"([^\"]+)\"");
        members.addAll(found(text, "kq_(?:region|find)_field\\(env, \\w+, \"([^\"]+)\""));
        assertTrue(members.containsAll(Set.of("file", "transferred", "fd", "<init>", "getStackTrace")), members.toString());
        for (String member : members) {
            for (String file : new String[] {"jni-config.json", "reachability-metadata.json"}) {
                assertTrue(metadata(file).contains("{\"name\":\"" + member + "\""), member + " is not in " + file);
            }
        }
    }

    @Test
    void listsEveryChannelThatABootstrapMakes() throws Exception {
        Set<String> channels = new TreeSet<>();
        for (Class<?> type : Classes.ofPackage("io.kqnet")) {
            if (Channel.class.isAssignableFrom(type) && Modifier.isPublic(type.getModifiers()) && !Modifier.isAbstract(type.getModifiers())
                    && Stream.of(type.getConstructors()).anyMatch(constructor -> constructor.getParameterCount() == 0)) {
                channels.add(type.getName());
            }
        }
        assertTrue(channels.contains("io.kqnet.KqSocketChannel"), channels.toString());
        for (String channel : channels) {
            assertTrue(entry("reflect-config.json", "name", channel).contains("\"<init>\",\"parameterTypes\":[]"), channel);
            assertTrue(entry("reachability-metadata.json", "type", channel).contains("\"<init>\",\"parameterTypes\":[]"), channel);
        }
        assertEquals(channels, found(metadata("reflect-config.json"), "\"(io\\.kqnet\\.Kq\\w+)\""));
    }

    @Test
    void listsTheLibrariesAndTheRelease() throws IOException {
        for (String resource : new String[] {"META-INF/native/libkqnet_", "META-INF/selftest/", "io/kqnet/sys/version"}) {
            assertTrue(metadata("resource-config.json").contains(resource), resource);
            assertTrue(metadata("reachability-metadata.json").contains(resource), resource);
        }
        assertEquals("Args=--initialize-at-run-time=io.kqnet", metadata("native-image.properties"));
    }
}
