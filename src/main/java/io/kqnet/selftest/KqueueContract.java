package io.kqnet.selftest;

import io.kqnet.Kq;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the transport relies on of kqueue, asked of this kernel by a C program whose sources are in the jar. */
final class KqueueContract implements Check {
    /** The sources, by their path below {@code META-INF/selftest}; on Linux the emulation's too. */
    static final List<String> SOURCES = List.of("contract.c", "contract.h", "descriptors.c", "e1_registration.c", "e2_changes.c",
            "e3_sockets.c", "e3_streams.c", "e4_pipes.c", "e5_lifetime.c", "e6_user.c", "kevent_contract.c", "tap.c", "tap.h",
            "x_emulation.c");
    static final List<String> EMULATION = List.of("emul/emul.h", "emul/fdtype.c", "emul/filter_except.c", "emul/filter_read.c",
            "emul/filter_user.c", "emul/filter_write.c", "emul/knote.c", "emul/kqueue.c", "emul/link.h", "emul/node.c", "emul/posix.c", "emul/sendfile.c",
            "emul/table.c", "emul/include/sys/event.h");

    private static final long LIMIT_SECONDS = 300;

    @Override
    public String name() {
        return "the kernel keeps the contract of kqueue";
    }

    @Override
    public String run() throws Exception {
        Path directory = Files.createTempDirectory("kqnet-selftest");
        try {
            return run(directory);
        } finally {
            delete(directory);
        }
    }

    private static String run(Path directory) throws Exception {
        List<String> command = new ArrayList<>(List.of("cc", "-std=gnu11", "-O2", "-pthread", "-o", "contract"));
        List<String> sources = new ArrayList<>(SOURCES);
        if (Kq.platform().startsWith("Linux")) {
            command.add("-Iemul/include");
            sources.addAll(EMULATION);
        }
        for (String source : sources) {
            extract(source, directory);
            if (source.endsWith(".c")) {
                command.add(source);
            }
        }
        String compiler;
        try {
            compiler = execute(directory, command);
        } catch (IOException e) {
            throw new SkippedException("no C compiler called cc (" + e.getMessage() + ')');
        }
        if (!Files.isExecutable(directory.resolve("contract"))) {
            throw new IOException("cc cannot compile it\n" + compiler);
        }
        return judge(execute(directory, List.of(directory.resolve("contract").toString())));
    }

    private static void extract(String source, Path directory) throws IOException {
        Path file = directory.resolve(source);
        Files.createDirectories(file.getParent());
        try (InputStream in = KqueueContract.class.getResourceAsStream("/META-INF/selftest/" + source)) {
            if (in == null) {
                throw new IOException("the jar lacks META-INF/selftest/" + source);
            }
            Files.copy(in, file);
        }
    }

    /** What the command wrote; its status is told by that. */
    private static String execute(Path directory, List<String> command) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new IOException(command.get(0) + " did not end in " + LIMIT_SECONDS + " s\n" + Files.readString(output));
        }
        return Files.readString(output);
    }

    /** Of TAP output: the counts, or every case that failed with what was observed. */
    static String judge(String output) throws IOException {
        List<String> lines = output.lines().collect(Collectors.toList());
        long planned = lines.stream().filter(line -> line.startsWith("1..")).mapToLong(line -> Long.parseLong(line.substring(3))).sum();
        long passed = lines.stream().filter(line -> line.startsWith("ok ")).count();
        long skipped = lines.stream().filter(line -> line.startsWith("ok ") && line.contains("# SKIP")).count();
        if (planned == 0 || passed != planned) {
            throw new IOException(passed + " of " + planned + " cases hold; the others:\n"
                    + lines.stream().filter(line -> !line.startsWith("ok ")).collect(Collectors.joining("\n")));
        }
        return passed - skipped + " cases hold" + (skipped == 0 ? "" : ", " + skipped + " do not apply here");
    }

    private static void delete(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted(Comparator.reverseOrder()).collect(Collectors.toList());
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
