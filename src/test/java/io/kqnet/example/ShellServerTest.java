package io.kqnet.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.channel.Channel;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ShellServerTest {
    private static void type(Socket client, String line) throws IOException {
        client.getOutputStream().write((line + '\n').getBytes(StandardCharsets.US_ASCII));
    }

    /** Up to and with the text; all there is if it does not come. */
    private static String readUntil(InputStream in, String text) throws IOException {
        StringBuilder all = new StringBuilder();
        while (all.indexOf(text) < 0) {
            int c = in.read();
            if (c < 0) {
                break;
            }
            all.append((char) c);
        }
        return all.toString();
    }

    @OverLoops
    void shellAnswersAndItsExitEndsTheConnection(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Channel server = ShellServer.start(net.group(), 0, List.of("sh", "-i"));
            Socket client = net.dial(server);
            type(client, "echo he''llo; tty");
            assertTrue(readUntil(client.getInputStream(), "hello\r\n").endsWith("hello\r\n"));
            assertTrue(readUntil(client.getInputStream(), "\r\n").startsWith("/dev/"));
            type(client, "seq 20000; exit");
            String rest = readUntil(client.getInputStream(), "never to be seen");
            assertTrue(rest.contains("1\r\n2\r\n3\r\n") && rest.contains("\r\n19999\r\n20000\r\n"), "output was lost before the end");
            assertEquals(-1, client.getInputStream().read());
        }
    }

    @OverLoops
    void clientThatLeavesEndsItsShell(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Channel server = ShellServer.start(net.group(), 0, List.of("sh", "-i"));
            Socket client = net.dial(server);
            type(client, "echo p''id=$$=");
            readUntil(client.getInputStream(), "pid=");
            long pid = Long.parseLong(readUntil(client.getInputStream(), "=").replace("=", ""));
            ProcessHandle shell = ProcessHandle.of(pid).orElseThrow();
            client.close();
            shell.onExit().join();
        }
    }
}
