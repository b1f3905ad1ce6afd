package io.kqnet.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** One Java installation that runs programs for the tests. */
final class Java {
    private static final long LIMIT_SECONDS = 180;

    private final Path home;

    private Java(Path home) {
        this.home = home;
    }

    static Java own() {
        return new Java(Paths.get(System.getProperty("java.home")));
    }

    /** The one the tests run on and those the build was told of. */
    static List<Java> all() {
        List<Java> all = new ArrayList<>(List.of(own()));
        String homes = System.getProperty("kqnet.jdks", "");
        all.addAll(Arrays.stream(homes.split(":")).filter(each -> !each.isBlank()).map(each -> new Java(Paths.get(each)))
                .collect(Collectors.toList()));
        return all;
    }

    int feature() throws IOException {
        Properties release = new Properties();
        try (var in = Files.newInputStream(home.resolve("release"))) {
            release.load(in);
        }
        return Runtime.Version.parse(release.getProperty("JAVA_VERSION").replace("\"", "")).feature();
    }

    /** What the program wrote to both streams, and {@code status: n} behind it. */
    String run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(home.resolve("bin/java").toString(), "-Xmx256m", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile("kqnet", ".log");
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("does not end: " + command + "\n" + Files.readString(output));
            }
            return String.join(" ", command) + "\n" + Files.readString(output) + "\nstatus: " + process.exitValue() + "\n";
        } finally {
            Files.delete(output);
        }
    }

    @Override
    public String toString() {
        return "Java at " + home;
    }
}
