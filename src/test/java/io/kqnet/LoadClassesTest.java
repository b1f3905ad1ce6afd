package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.ChildJvm;
import io.kqnet.support.Classes;
import io.kqnet.support.LoopKind;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where the library cannot be loaded users still compile against these classes, and frameworks look at them. */
@Timeout(120)
class LoadClassesTest {
    private static List<String> lines;

    @BeforeAll
    static void loadEverythingWithoutTheLibrary() throws Exception {
        lines = new ChildJvm().run(LoadProbe.class).lines().collect(Collectors.toList());
    }

    private static List<String> linesThat(Predicate<String> condition) {
        return lines.stream().filter(condition).collect(Collectors.toList());
    }

    private static List<String> linesOf(String start) {
        return linesThat(line -> line.startsWith(start));
    }

    @Test
    void theLibraryIsOff() {
        assertEquals(List.of("available: false"), linesOf("available"));
        assertTrue(Classes.names().size() > 50, "that is not all of them: " + Classes.names());
    }

    @Test
    void everyClassLoads() {
        String only42 = LoopKind.isNetty42() ? "nothing" : "unloadable io.kqnet.netty42.";
        assertEquals(List.of(), linesThat(line -> line.startsWith("unloadable") && !line.startsWith(only42)));
    }

    @Test
    void everyPublicClassInitialises() {
        // Constants is made of the library's answers, and nothing else.
        assertEquals(List.of(), linesThat(line -> line.startsWith("uninitialised public") && !line.contains(" io.kqnet.sys.Constants:")));
    }

    @Test
    void internalClassesMissTheLibraryAndNothingElse() {
        for (String line : linesOf("uninitialised internal")) {
            assertTrue(line.contains("UnsatisfiedLinkError") || line.contains("Could not initialize class io.kqnet."), line);
        }
    }
}
