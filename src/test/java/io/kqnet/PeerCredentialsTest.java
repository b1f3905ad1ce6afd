package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.netty.channel.Channel;
import io.netty.channel.unix.PeerCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Timeout;

/** Who is at the other end, compared with what the system says of that process otherwise. */
@Timeout(60)
class PeerCredentialsTest {
    private static final String CONNECT = "import os, socket, sys\n"
            + "peer = socket.socket(socket.AF_UNIX)\npeer.connect(sys.argv[1])\nprint(os.getpid(), flush=True)\nsys.stdin.read()";

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes()).trim();
        assertEquals(0, process.waitFor(), text);
        return text;
    }

    /** Where every user finds it. */
    private static boolean exists(String program) {
        return Files.isExecutable(Paths.get("/usr/bin", program));
    }

    private static List<Integer> sorted(int... gids) {
        return Arrays.stream(gids).sorted().boxed().collect(Collectors.toList());
    }

    private static void assertIsThisProcess(PeerCredentials credentials) throws Exception {
        assertEquals(Integer.parseInt(run("id", "-u")), credentials.uid());
        assertEquals(Integer.parseInt(run("id", "-g")), credentials.gids()[0]);
        assertEquals((int) ProcessHandle.current().pid(), credentials.pid());
        int[] groups = Arrays.stream(run("id", "-G").split(" ")).mapToInt(Integer::parseInt).toArray();
        assertEquals(sorted(groups), sorted(credentials.gids()));
    }

    @OverLoops
    void ofThisProcess(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox accepted = new Inbox();
            net.server(accepted).bind(net.address("a")).sync();
            KqDomainSocketChannel client = (KqDomainSocketChannel) net.client(new Inbox()).connect(net.address("a")).sync().channel();
            assertIsThisProcess(client.peerCredentials());
            accepted.await("active");
            assertIsThisProcess(((KqDomainSocketChannel) accepted.channel()).peerCredentials());
            for (KqDomainSocketChannel end : KqDomainSocketChannel.socketpair()) {
                assertIsThisProcess(end.peerCredentials());
                net.net().group().register(end).sync().channel().close().sync();
            }
            for (KqDomainDatagramChannel end : KqDomainDatagramChannel.socketpair()) {
                assertIsThisProcess(end.peerCredentials());
                net.net().group().register(end).sync().channel().close().sync();
            }
        }
    }

    @OverLoops
    void nobodysAreAnError(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            KqDomainSocketChannel channel = (KqDomainSocketChannel) net.client(new Inbox()).register().sync().channel();
            IOException cause = assertThrows(IOException.class, channel::peerCredentials);
            assertTrue(cause.getMessage().contains("ENOTCONN"), cause::getMessage);
            channel.close().sync();
            assertThrows(IOException.class, channel::peerCredentials);
        }
    }

    @OverLoops
    void ofAProcessOfAnotherUserWhomTheFilesModeLetsIn(LoopKind loops) throws Exception {
        assumeTrue("0".equals(run("id", "-u")), "only root can be somebody else");
        assumeTrue(exists("setpriv") && exists("python3"), "needs /usr/bin/setpriv and /usr/bin/python3");
        try (UnixNet net = UnixNet.with(loops)) {
            Files.setPosixFilePermissions(net.path("."), PosixFilePermissions.fromString("rwxr-xr-x"));
            for (int mode : new int[] {0600, 0666}) {
                Inbox accepted = new Inbox();
                Channel server = net.server(accepted).option(KqChannelOption.SOCKET_FILE_MODE, mode).bind(net.address("a")).sync().channel();
                Process other = new ProcessBuilder("setpriv", "--reuid", "12345", "--regid", "23456", "--groups", "34567,34568", "/usr/bin/python3",
                        "-c", CONNECT, net.path("a").toString()).redirectErrorStream(true).start();
                try {
                    if (mode == 0600) {
                        assertTrue(other.waitFor(20, TimeUnit.SECONDS));
                        assertTrue(new String(other.getInputStream().readAllBytes()).contains("PermissionError"));
                        assertEquals(List.of(), accepted.events());
                    } else {
                        accepted.await("active");
                        PeerCredentials credentials = ((KqDomainSocketChannel) accepted.channel()).peerCredentials();
                        assertEquals(12345, credentials.uid());
                        assertEquals(23456, credentials.gids()[0]);
                        assertEquals(List.of(23456, 34567, 34568), sorted(credentials.gids()));
                        assertEquals((int) other.pid(), credentials.pid());
                    }
                } finally {
                    other.destroyForcibly().waitFor();
                }
                server.close().sync();
                Await.until(() -> accepted.count("active") == accepted.count("inactive"));
            }
        }
    }

    @OverLoops
    void manyGroupsAreAllThere(LoopKind loops) throws Exception {
        assumeTrue("0".equals(run("id", "-u")), "only root can have other groups");
        assumeTrue(exists("setpriv") && exists("python3"), "needs /usr/bin/setpriv and /usr/bin/python3");
        try (UnixNet net = UnixNet.with(loops)) {
            List<String> groups = new ArrayList<>();
            for (int i = 1; i <= 1000; i++) {
                groups.add(String.valueOf(40_000 + i));
            }
            Inbox accepted = new Inbox();
            net.server(accepted).bind(net.address("a")).sync();
            Process other = new ProcessBuilder("setpriv", "--groups", String.join(",", groups), "/usr/bin/python3", "-c", CONNECT,
                    net.path("a").toString()).start();
            try {
                accepted.await("active");
                assertEquals(1001, ((KqDomainSocketChannel) accepted.channel()).peerCredentials().gids().length);
            } finally {
                other.destroyForcibly().waitFor();
            }
        }
    }
}
