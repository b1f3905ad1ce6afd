package io.kqnet.selftest;

import io.kqnet.Kq;
import io.netty.channel.Channel;
import io.netty.util.Version;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Checks this transport on the machine it runs on and prints a report to attach to an issue: the contract of the kernel's kqueue (a C
 * program, compiled with the machine's {@code cc}), an echo over TCP, and a file sent and compared.
 *
 * <pre>java -cp kqnet.jar:netty-buffer.jar:... io.kqnet.selftest.SelfTest</pre>
 *
 * <p>Uses the loopback interface and the temporary directory only. The exit status is 0 if nothing failed.
 */
public final class SelfTest {
    private final PrintStream out;
    private int failed;
    private int skipped;

    SelfTest(PrintStream out) {
        this.out = out;
    }

    /** Runs every check. */
    public static void main(String[] arguments) {
        System.exit(new SelfTest(System.out).run(List.of(new KqueueContract(), new EchoCheck(), new FileCheck())) ? 0 : 1);
    }

    /** True if no check failed. */
    boolean run(List<Check> checks) {
        describe();
        if (!Kq.isAvailable()) {
            failed++;
            out.println("FAILED  the native library loads");
            Kq.unavailabilityCause().printStackTrace(out);
        } else {
            out.println("kernel  " + Kq.platform());
            checks.forEach(this::run);
        }
        out.println(failed == 0 ? "result  nothing failed" + (skipped == 0 ? "" : ", " + skipped + " skipped") : "result  " + failed + " failed");
        return failed == 0;
    }

    private void describe() {
        Version netty = Version.identify(Channel.class.getClassLoader()).get("netty-transport");
        out.println("kqnet   " + Kq.version());
        out.println("netty   " + (netty == null ? "unknown" : netty.artifactVersion()));
        out.println("java    " + property("java.vm.name") + ' ' + property("java.vm.version"));
        out.println("system  " + property("os.name") + ' ' + property("os.version") + ' ' + property("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors");
    }

    private static String property(String name) {
        return System.getProperty(name, "unknown");
    }

    private void run(Check check) {
        long start = System.nanoTime();
        try {
            String seen = check.run();
            out.println("ok      " + check.name() + ": " + seen + " (" + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms)");
        } catch (Check.SkippedException e) {
            skipped++;
            out.println("skipped " + check.name() + ": " + e.getMessage());
        } catch (Exception e) {
            failed++;
            out.println("FAILED  " + check.name() + ": " + e);
            e.printStackTrace(out);
        }
    }
}
