package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Sources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The arrows of docs/design.md: sys <- poll <- io.kqnet <- netty42, "A <- B" meaning that B may import A. */
class PackageArrowsTest {
    private static final String ROOT = "io.kqnet";
    /** What each package may use of the others. */
    private static final Map<String, List<String>> MAY_USE = Map.of(
            "io.kqnet.sys", List.of(),
            "io.kqnet.poll", List.of("io.kqnet.sys"),
            ROOT, List.of("io.kqnet.sys", "io.kqnet.poll"),
            "io.kqnet.netty42", List.of("io.kqnet.sys", "io.kqnet.poll", ROOT),
            "io.kqnet.selftest", List.of(ROOT));
    /** Names of this project's packages, imported or written out. */
    private static final Pattern USE = Pattern.compile("\\b(io\\.kqnet(?:\\.[a-z][a-z0-9]*)*)\\b(?=\\.[A-Z])");
    private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+);");

    private static String packageOf(String file) {
        return file.substring(0, file.lastIndexOf('/')).replace('/', '.');
    }

    /** Occurrences of a pattern in the files of one package. */
    private static List<String> found(String packageName, String regex) {
        Pattern pattern = Pattern.compile(regex);
        List<String> found = new ArrayList<>();
        for (String file : Sources.mainFiles()) {
            if (packageOf(file).equals(packageName)) {
                Matcher matcher = pattern.matcher(Sources.code(file));
                while (matcher.find()) {
                    found.add(file + ": " + matcher.group());
                }
            }
        }
        return found;
    }

    @Test
    void everyPackageIsInThePicture() {
        for (String file : Sources.mainFiles()) {
            Matcher declared = PACKAGE.matcher(Sources.code(file));
            assertTrue(declared.find(), file);
            assertEquals(packageOf(file), declared.group(1));
            assertTrue(MAY_USE.containsKey(packageOf(file)), () -> packageOf(file) + " is new: say in design.md what it may use");
        }
    }

    @Test
    void noArrowPointsTheOtherWay() {
        List<String> wrong = new ArrayList<>();
        for (String file : Sources.mainFiles()) {
            String own = packageOf(file);
            Matcher matcher = USE.matcher(Sources.code(file));
            while (matcher.find()) {
                if (!matcher.group(1).equals(own) && !MAY_USE.get(own).contains(matcher.group(1))) {
                    wrong.add(file + " uses " + matcher.group(1));
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void sysKnowsNoNettyButItsLoggers() {
        assertEquals(List.of(), found("io.kqnet.sys", "\\bio\\.netty\\.(?!util\\.internal\\.).*"));
    }

    @Test
    void pollKnowsNoNettyChannels() {
        assertEquals(List.of(), found("io.kqnet.poll", "\\bio\\.netty\\.(?:channel|buffer|bootstrap|handler)\\b.*|\\bByteBuf\\b"));
    }

    @Test
    void theTransportKnowsNoKernelEvents() {
        assertEquals(List.of(), found(ROOT, "\\b(?:EV|EVFILT|NOTE)_[A-Z]+\\b|\\bKqueueCalls\\.(?!addressOf\\b|kqueue\\b)\\w+"));
        assertEquals(List.of(), found("io.kqnet.netty42", "\\b(?:EV|EVFILT|NOTE)_[A-Z]+\\b|\\bKqueueCalls\\b"));
    }

    @Test
    void theTransportKnowsNothingThatNetty41Lacks() {
        assertEquals(List.of(), found(ROOT, "\\bio\\.netty\\.channel\\.(?:Io[A-Z]|MultiThreadIo|SingleThreadIo|ManualIo)\\w*"));
    }

    @Test
    void onlyLoopBindingNamesNetty42() {
        List<String> files = Sources.mainFiles().stream().filter(file -> !packageOf(file).equals("io.kqnet.netty42"))
                .filter(file -> Sources.withoutComments(Sources.main(file)).contains("netty42")).collect(Collectors.toList());
        assertEquals(List.of("io/kqnet/LoopBinding.java"), files);
    }
}
