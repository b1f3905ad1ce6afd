package io.kqnet.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of its own, for what happens once per process: loading the library, running out of descriptors. */
public final class ChildJvm {
    private static final long LIMIT_SECONDS = 120;

    private final List<String> prefix = new ArrayList<>();
    private final List<String> options = new ArrayList<>();

    /** Put before {@code java}, such as {@code sh -c 'ulimit -n 64; exec "$@"' sh}. */
    public ChildJvm under(String... command) {
        prefix.addAll(List.of(command));
        return this;
    }

    public ChildJvm with(String... jvmOptions) {
        options.addAll(List.of(jvmOptions));
        return this;
    }

    /** What it wrote to both streams; fails if it did not exit with 0. */
    public String run(Class<?> main, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Paths.get(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", classPath()));
        command.addAll(options);
        command.add(main.getName());
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile("child", ".log");
        Process process = null;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the child does not end: " + command + "\n" + Files.readString(output));
            }
            String text = Files.readString(output);
            if (process.exitValue() != 0) {
                throw new AssertionError("exit status " + process.exitValue() + " of " + command + "\n" + text);
            }
            return text;
        } finally {
            if (process != null) {
                // Also when the test's own limit interrupts the wait: nobody else would end it.
                process.destroyForcibly();
            }
            Files.delete(output);
        }
    }

    /** Surefire hides the class path in a jar's manifest. */
    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }
}
