package io.kqnet.selftest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.ChildJvm;
import io.kqnet.support.NativeBuild;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class SelfTestTest {
    @Test
    void reportsAWorkingMachine() throws Exception {
        String report = new ChildJvm().with("-Dio.kqnet.emulation=true").run(SelfTest.class);
        for (String start : List.of("kqnet   ", "netty   ", "java    ", "system  ", "kernel  ", "ok      the kernel", "ok      what is sent",
                "ok      a file", "result  nothing failed")) {
            assertTrue(report.lines().anyMatch(line -> line.startsWith(start)), start + "\n" + report);
        }
    }

    @Test
    void reportsWhyTheLibraryDoesNotLoad() {
        AssertionError status = assertThrows(AssertionError.class,
                () -> new ChildJvm().with("-Dio.kqnet.library=/nonexistent").run(SelfTest.class));
        assertTrue(status.getMessage().contains("FAILED  the native library loads"), status.getMessage());
        assertTrue(status.getMessage().contains("/nonexistent"), status.getMessage());
        assertTrue(status.getMessage().contains("exit status 1"), status.getMessage());
    }

    @Test
    void goesOnAfterAFailureAndASkip() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        SelfTest test = new SelfTest(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertFalse(test.run(List.of(failing(new IOException("broken")), failing(new Check.SkippedException("absent")), passing())));
        String report = bytes.toString(StandardCharsets.UTF_8);
        assertTrue(report.contains("FAILED  promise: java.io.IOException: broken"), report);
        assertTrue(report.contains("skipped promise: absent"), report);
        assertTrue(report.contains("ok      promise: fine"), report);
        assertTrue(report.contains("result  1 failed"), report);
    }

    private static Check failing(Exception cause) {
        return check(cause);
    }

    private static Check passing() {
        return check(null);
    }

    private static Check check(Exception cause) {
        return new Check() {
            @Override
            public String name() {
                return "promise";
            }

            @Override
            public String run() throws Exception {
                if (cause != null) {
                    throw cause;
                }
                return "fine";
            }
        };
    }

    @Test
    void countsAMissingCaseAsAFailure() throws IOException {
        assertEquals("1 cases hold, 1 do not apply here", KqueueContract.judge("1..2\nok 1 - a\nok 2 - b # SKIP none\n"));
        assertThrows(IOException.class, () -> KqueueContract.judge("1..2\nok 1 - a\n"));
        assertThrows(IOException.class, () -> KqueueContract.judge("1..2\nok 1 - a\nnot ok 2 - b\n"));
        assertThrows(IOException.class, () -> KqueueContract.judge("Segmentation fault\n"));
    }

    @Test
    void carriesEverySourceOfTheContract() throws IOException {
        List<String> carried = new ArrayList<>(KqueueContract.SOURCES);
        carried.addAll(KqueueContract.EMULATION);
        Set<String> there = new TreeSet<>(sources(NativeBuild.root().resolve("src/test/c"), 1, ""));
        there.addAll(sources(NativeBuild.root().resolve("src/main/c/emul"), 3, "emul/"));
        assertEquals(there, new TreeSet<>(carried));
        for (String source : carried) {
            assertTrue(KqueueContract.class.getResource("/META-INF/selftest/" + source) != null, source);
        }
    }

    private static Set<String> sources(Path directory, int depth, String prefix) throws IOException {
        try (Stream<Path> files = Files.walk(directory, depth)) {
            return files.filter(Files::isRegularFile).map(file -> directory.relativize(file).toString())
                    .filter(name -> name.endsWith(".c") || name.endsWith(".h")).map(name -> prefix + name).collect(Collectors.toSet());
        }
    }
}
