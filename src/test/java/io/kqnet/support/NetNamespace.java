package io.kqnet.support;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;

/** A network namespace of its own for a child JVM, with interfaces, addresses and routes that this machine may lack. Nothing leaves it. */
public final class NetNamespace {
    /** System property: {@code true} in the JVM inside. */
    public static final String PROP_NAME = "kqnet.namespace";
    /** Multicast, IPv4 and IPv6 whatever the machine has: two ends of a cable, one of them with addresses. */
    public static final String MULTICAST = "ip link set lo up && ip link add kq0 type veth peer name kq1"
            + " && echo 0 > /proc/sys/net/ipv6/conf/kq0/accept_dad && ip addr add 10.99.0.1/24 dev kq0"
            + " && ip addr add 10.99.0.2/24 dev kq0 && ip addr add fd99::1/64 dev kq0 nodad && ip addr add fd99::2/64 dev kq0 nodad && ip link set kq1 up"
            + " && ip link set kq0 up && ip route add 224.0.0.0/4 dev kq0";

    private NetNamespace() {
    }

    /** A child with this JVM's options, in a namespace that shell commands furnish. Skips the test where there can be none. */
    public static ChildJvm furnished(String commands) throws InterruptedException {
        // Without root a namespace of users comes along, in which one is root.
        String option = System.getProperty("user.name").equals("root") ? "-n" : "-rn";
        assumeTrue(exitStatus("unshare", option, "sh", "-c", commands) == 0,
                "no such network namespace: needs unshare(1), ip(8), the right and the kinds of interface in: " + commands);
        return new ChildJvm().under("unshare", option, "sh", "-c", commands + " && exec \"$@\"", "sh")
                .with(ManagementFactory.getRuntimeMXBean().getInputArguments().toArray(new String[0]))
                .with("-D" + PROP_NAME + "=true");
    }

    private static int exitStatus(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            return process.waitFor();
        } catch (IOException noSuchCommand) {
            return -1;
        }
    }
}
