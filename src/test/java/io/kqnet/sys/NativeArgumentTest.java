package io.kqnet.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.kqnet.Kq;
import io.kqnet.support.Classes;
import io.kqnet.support.OpenFds;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Calls every native of the package with arguments that no caller should pass. */
@Timeout(60)
class NativeArgumentTest {
    /** No kernel here has an errno as large. */
    private static final int ERRNO_MAX = 4096;
    /** Larger than anything a native reads or writes before it looks at the descriptor. */
    private static final Memory SCRATCH = scratch();

    private static Memory scratch() {
        Kq.ensureAvailability();
        return new Memory(64 * 1024);
    }

    /** What a parameter is, so that bad values are bad: 0 is a fine descriptor, and nothing tells a wild address from a good one. */
    private enum Kind {
        FD(-1, Integer.MIN_VALUE, Integer.MAX_VALUE),
        INT(-1, 0, 1, Integer.MIN_VALUE, Integer.MAX_VALUE),
        LONG(-1L, 0L, 1L, Long.MIN_VALUE, Long.MAX_VALUE),
        /** A pointer to memory that is not there. */
        NOWHERE(0L),
        /** The same, or one to zeroes. */
        ADDRESS(0L, SCRATCH.address()),
        FLAG(false, true),
        NULL(new Object[] {null}),
        REGION(null, "no region"),
        /** None has a constructor of two ints and an array. */
        TYPE(null, String.class, Runnable.class, int[].class),
        NAME(null, "", "NO_SUCH_CONSTANT", "\u00fc\u20ac", "x".repeat(63), "x".repeat(64), "x".repeat(100_000)),
        BUFFER(null, ByteBuffer.allocate(8));

        final Object[] values;

        Kind(Object... values) {
            this.values = values;
        }
    }

    /** What a native answers to all of them. */
    private enum Answer {
        ERRNO,
        /** Nothing to send is not an error, whatever the descriptors. */
        ERRNO_OR_NOTHING,
        /** Text, if there was room for it. */
        ERRNO_OR_TEXT,
        NULL,
        ZERO,
        NOT_NEGATIVE,
        ABSENT;

        void check(Object result, String call) {
            if (this == NULL) {
                assertNull(result, call);
                return;
            }
            long value = ((Number) result).longValue();
            if (this == ABSENT) {
                assertEquals(Long.MIN_VALUE, value, call);
            } else if (this == ZERO) {
                assertEquals(0, value, call);
            } else if (this == NOT_NEGATIVE) {
                assertTrue(value >= 0, call + " = " + value);
            } else {
                long most = this == ERRNO ? -1 : this == ERRNO_OR_NOTHING ? 0 : 255;
                assertTrue(value > -ERRNO_MAX && value <= most, call + " = " + value);
            }
        }
    }

    private static final class Signature {
        final Answer answer;
        final Kind[] kinds;

        Signature(Answer answer, Kind... kinds) {
            this.answer = answer;
            this.kinds = kinds;
        }
    }

    private static final Map<String, Signature> KNOWN = new HashMap<>();

    private static void known(String name, Answer answer, Kind... kinds) {
        KNOWN.put(name, new Signature(answer, kinds));
    }

    static {
        known("Platform.abiVersion", Answer.NOT_NEGATIVE);
        known("Platform.constant", Answer.ABSENT, Kind.NAME);
        known("Platform.errnoName", Answer.ERRNO_OR_TEXT, Kind.INT, Kind.ADDRESS, Kind.INT);
        known("Platform.errnoText", Answer.ERRNO_OR_TEXT, Kind.INT, Kind.ADDRESS, Kind.INT);
        known("Platform.name", Answer.ERRNO_OR_TEXT, Kind.ADDRESS, Kind.INT);
        known("Platform.version", Answer.ERRNO_OR_TEXT, Kind.ADDRESS, Kind.INT);
        known("KqueueCalls.kqueue", Answer.NOT_NEGATIVE);
        known("KqueueCalls.kevent", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT, Kind.ADDRESS, Kind.INT, Kind.LONG);
        known("KqueueCalls.change", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT);
        known("KqueueCalls.trigger", Answer.ERRNO, Kind.FD, Kind.INT, Kind.LONG);
        known("KqueueCalls.addressOf", Answer.ZERO, Kind.BUFFER);
        known("SocketCalls.socket", Answer.ERRNO, Kind.FD, Kind.INT);
        known("SocketCalls.bind", Answer.ERRNO, Kind.FD, Kind.ADDRESS);
        known("SocketCalls.connect", Answer.ERRNO, Kind.FD, Kind.ADDRESS);
        known("SocketCalls.listen", Answer.ERRNO, Kind.FD, Kind.INT);
        known("SocketCalls.accept", Answer.ERRNO, Kind.FD, Kind.ADDRESS);
        known("SocketCalls.shutdown", Answer.ERRNO, Kind.FD, Kind.FLAG, Kind.FLAG);
        known("SocketCalls.close", Answer.ERRNO, Kind.FD);
        known("SocketCalls.sockname", Answer.ERRNO, Kind.FD, Kind.ADDRESS);
        known("SocketCalls.peername", Answer.ERRNO, Kind.FD, Kind.ADDRESS);
        known("SocketCalls.getOption", Answer.ERRNO, Kind.FD, Kind.INT, Kind.INT);
        known("SocketCalls.setOption", Answer.ERRNO, Kind.FD, Kind.INT, Kind.INT, Kind.INT);
        known("SocketCalls.getRaw", Answer.ERRNO, Kind.FD, Kind.INT, Kind.INT, Kind.ADDRESS, Kind.INT);
        known("SocketCalls.setRaw", Answer.ERRNO, Kind.FD, Kind.INT, Kind.INT, Kind.ADDRESS, Kind.INT);
        known("SocketCalls.getLinger", Answer.ERRNO, Kind.FD);
        known("SocketCalls.setLinger", Answer.ERRNO, Kind.FD, Kind.INT);
        known("SocketCalls.setAcceptFilter", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.ADDRESS);
        known("SocketCalls.replace", Answer.ERRNO, Kind.FD, Kind.FD);
        known("SocketCalls.adopt", Answer.ERRNO, Kind.FD);
        known("FastOpenCalls.enabled", Answer.NOT_NEGATIVE);
        known("FastOpenCalls.connect", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.ADDRESS, Kind.INT);
        known("DatagramCalls.receive", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT, Kind.INT);
        known("DatagramCalls.send", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT, Kind.INT);
        known("DatagramCalls.disconnect", Answer.ERRNO, Kind.FD, Kind.FLAG);
        known("DatagramCalls.destination", Answer.ERRNO, Kind.FD, Kind.FLAG, Kind.FLAG);
        for (String name : new String[] {"join", "leave", "joinSource", "leaveSource", "block"}) {
            known("MulticastCalls." + name, Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT, Kind.ADDRESS);
        }
        known("MulticastCalls.setInterface", Answer.ERRNO, Kind.FD, Kind.FLAG, Kind.INT, Kind.ADDRESS);
        known("MulticastCalls.setTtl", Answer.ERRNO, Kind.FD, Kind.FLAG, Kind.INT);
        known("MulticastCalls.ttl", Answer.ERRNO, Kind.FD, Kind.FLAG);
        known("MulticastCalls.setLoop", Answer.ERRNO, Kind.FD, Kind.FLAG, Kind.FLAG);
        known("MulticastCalls.loop", Answer.ERRNO, Kind.FD, Kind.FLAG);
        known("Platform.emulate", Answer.ERRNO, Kind.NAME, Kind.FLAG);
        known("DescriptorCalls.type", Answer.ERRNO, Kind.FD);
        known("DescriptorCalls.access", Answer.ERRNO, Kind.FD);
        known("TtyCalls.isTty", Answer.ERRNO, Kind.FD);
        known("DescriptorCalls.adopt", Answer.ERRNO, Kind.FD);
        known("DescriptorCalls.restore", Answer.ERRNO, Kind.FD);
        known("DescriptorCalls.open", Answer.ERRNO, Kind.NOWHERE, Kind.INT);
        known("DescriptorCalls.fifo", Answer.ERRNO, Kind.NOWHERE);
        known("DescriptorCalls.duplicate", Answer.ERRNO, Kind.FD);
        known("DescriptorCalls.pollable", Answer.ERRNO, Kind.FD, Kind.FLAG);
        known("TtyCalls.open", Answer.ERRNO, Kind.NOWHERE, Kind.INT);
        known("DescriptorCalls.write", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT);
        known("DescriptorCalls.writev", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT);
        known("TtyCalls.get", Answer.ERRNO, Kind.FD, Kind.ADDRESS);
        known("TtyCalls.set", Answer.ERRNO, Kind.FD, Kind.ADDRESS);
        known("TtyCalls.getModes", Answer.ERRNO, Kind.FD, Kind.ADDRESS);
        known("TtyCalls.putModes", Answer.ERRNO, Kind.FD, Kind.ADDRESS);
        known("TtyCalls.unsent", Answer.ERRNO, Kind.FD);
        known("TtyCalls.resize", Answer.ERRNO, Kind.FD, Kind.INT, Kind.INT);
        known("OobCalls.poll", Answer.ERRNO, Kind.FD);
        known("OobCalls.send", Answer.ERRNO, Kind.FD, Kind.INT);
        known("UnixCalls.socketpair", Answer.ERRNO, Kind.INT, Kind.NOWHERE);
        known("UnixCalls.send", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT, Kind.ADDRESS, Kind.ADDRESS, Kind.INT);
        known("UnixCalls.receive", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT, Kind.ADDRESS, Kind.ADDRESS, Kind.FLAG);
        known("UnixCalls.disconnect", Answer.ERRNO, Kind.FD);
        known("UnixCalls.peer", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT);
        known("UnixCalls.newCredentials", Answer.NULL, Kind.TYPE, Kind.INT, Kind.INT, Kind.NULL);
        known("UnixCalls.stat", Answer.ERRNO, Kind.ADDRESS, Kind.ADDRESS);
        known("UnixCalls.unlink", Answer.ERRNO, Kind.ADDRESS);
        known("UnixCalls.chmod", Answer.ERRNO, Kind.ADDRESS, Kind.INT);
        known("UnixCalls.fchmod", Answer.ERRNO, Kind.FD, Kind.INT);
        known("UnixCalls.lockDirectory", Answer.ERRNO, Kind.ADDRESS);
        known("IoCalls.read", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT);
        known("IoCalls.write", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT);
        known("IoCalls.writev", Answer.ERRNO, Kind.FD, Kind.ADDRESS, Kind.INT);
        known("IoCalls.sendfile", Answer.ERRNO_OR_NOTHING, Kind.FD, Kind.FD, Kind.LONG, Kind.LONG, Kind.ADDRESS, Kind.INT, Kind.INT);
        known("IoCalls.pipe", Answer.ERRNO, Kind.NOWHERE);
        known("IoCalls.writePipe", Answer.ERRNO, Kind.FD);
        known("IoCalls.fileDescriptor", Answer.ERRNO, Kind.NULL);
        known("IoCalls.regionChannel", Answer.NULL, Kind.REGION);
        known("IoCalls.regionTransferred", Answer.ERRNO, Kind.REGION, Kind.LONG);
    }

    private static Map<String, Method> natives() throws Exception {
        Map<String, Method> natives = new HashMap<>();
        for (Class<?> type : Classes.ofPackage("io.kqnet.sys")) {
            for (Method method : type.getDeclaredMethods()) {
                if (Modifier.isNative(method.getModifiers())) {
                    method.setAccessible(true);
                    Method before = natives.put(type.getSimpleName() + '.' + method.getName(), method);
                    assertNull(before, () -> "overloaded native " + method);
                }
            }
        }
        return natives;
    }

    @TestFactory
    Stream<DynamicTest> answersNonsenseWithAnErrno() throws Exception {
        OpenFds open = OpenFds.now();
        Stream<DynamicTest> calls = natives().entrySet().stream().map(entry -> dynamicTest(entry.getKey(),
                () -> callWithNonsense(entry.getKey(), entry.getValue())));
        return Stream.concat(calls, Stream.of(dynamicTest("leaves no descriptor", open::awaitNoneLeft)));
    }

    private static void callWithNonsense(String name, Method method) throws Exception {
        Signature signature = KNOWN.get(name);
        assertNotNull(signature, name + " is new: tell this test what its parameters are");
        assertEquals(signature.kinds.length, method.getParameterCount(), name);
        for (Object[] arguments : combinations(signature.kinds)) {
            Object result = method.invoke(null, arguments);
            signature.answer.check(result, name + Arrays.deepToString(arguments));
            if (name.equals("KqueueCalls.kqueue")) {
                assertEquals(0, SocketCalls.close((Integer) result));
            }
        }
    }

    private static List<Object[]> combinations(Kind... kinds) {
        List<Object[]> all = new ArrayList<>();
        all.add(new Object[kinds.length]);
        for (int i = 0; i < kinds.length; i++) {
            List<Object[]> longer = new ArrayList<>();
            for (Object[] head : all) {
                for (Object value : kinds[i].values) {
                    Object[] arguments = head.clone();
                    arguments[i] = value;
                    longer.add(arguments);
                }
            }
            all = longer;
        }
        return all;
    }

    @Test
    void knowsEveryNativeThereIs() throws Exception {
        assertEquals(new TreeSet<>(KNOWN.keySet()), new TreeSet<>(natives().keySet()));
    }

    @Test
    void refusesArraysLargerThanTheirRoomOnAGoodKqueue() {
        int kq = KqueueCalls.kqueue();
        try {
            long address = SCRATCH.address();
            for (int count : new int[] {-1, 1025, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertEquals(-Constants.EINVAL, KqueueCalls.kevent(kq, address, count, address, 1, 0));
                assertEquals(-Constants.EINVAL, KqueueCalls.kevent(kq, address, 0, address, count, 0));
                assertEquals(-Constants.EINVAL, KqueueCalls.change(kq, address, count));
            }
            assertTrue(KqueueCalls.kevent(kq, 0, 1, address, 1, 0) < 0);
            assertTrue(KqueueCalls.kevent(kq, address, 0, 0, 1, 0) < 0);
            assertEquals(0, KqueueCalls.kevent(kq, 0, 0, 0, 0, -1), "without room there is nothing to wait for");
        } finally {
            SocketCalls.close(kq);
        }
    }

    @Test
    void refusesNonsenseOnAGoodTerminal() {
        long address = SCRATCH.address();
        assertTrue(TtyCalls.open(address, 0) < 0);
        assertTrue(TtyCalls.open(address, -1) < 0);
        assertEquals("ERANGE", Platform.errnoName(-TtyCalls.open(address, 1)), "no room for the name");
        int fd = TtyCalls.open(address, 128);
        try {
            for (int count : new int[] {-1, Constants.IOV_MAX + 1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertEquals(-Constants.EINVAL, DescriptorCalls.writev(fd, address, count));
                assertEquals(-Constants.EINVAL, TtyCalls.resize(fd, count == -1 ? count : 65536, 1));
            }
            assertEquals(-Constants.EINVAL, DescriptorCalls.write(fd, address, -1));
            assertTrue(DescriptorCalls.write(fd, 0, 1) < 0);
            assertTrue(TtyCalls.get(fd, 0) < 0 && TtyCalls.set(fd, 0) < 0);
            assertTrue(TtyCalls.getModes(fd, 0) < 0 && TtyCalls.putModes(fd, 0) < 0);
            for (int field = 0; field < Constants.SIZEOF_TTY; field += Integer.BYTES) {
                Memory settings = new Memory(Constants.SIZEOF_TTY);
                for (int i = 0; i < settings.size(); i += Integer.BYTES) {
                    settings.buffer().putInt(i, i == field ? Integer.MAX_VALUE : -1);
                }
                int rc = TtyCalls.set(fd, settings.address());
                assertEquals(-Constants.EINVAL, rc, "field at " + field);
            }
            assertEquals(-Constants.EINVAL, DescriptorCalls.open(address, -1), "an access that is none");
        } finally {
            SocketCalls.close(fd);
        }
    }

    @Test
    void refusesMoreDescriptorsAndBytesThanAMessageHolds() {
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, UnixCalls.socketpair(Constants.SOCK_STREAM, ends.address()));
        try {
            int fd = ends.buffer().getInt(0);
            long address = SCRATCH.address();
            for (int count : new int[] {-1, Constants.DESCRIPTORS_MAX + 1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertEquals(-Constants.EINVAL, UnixCalls.send(fd, address, 0, 0, address, count));
            }
            for (int count : new int[] {-1, Constants.IOV_MAX + 1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertEquals(-Constants.EINVAL, UnixCalls.send(fd, address, count, 0, 0, 0));
            }
            assertEquals("EAFNOSUPPORT", Platform.errnoName(-UnixCalls.send(fd, address, 0, address, 0, 0)), "a record without a family");
            assertEquals(-Constants.EINVAL, UnixCalls.receive(fd, address, -1, 0, address, true));
            assertEquals(-Constants.EAGAIN, UnixCalls.receive(fd, address, 1, address, address + 1024, true));
            assertEquals(-Constants.EINVAL, UnixCalls.peer(fd, address, 0));
            for (int mode : new int[] {-1, 01000, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertEquals(-Constants.EINVAL, UnixCalls.fchmod(fd, mode));
            }
        } finally {
            SocketCalls.close(ends.buffer().getInt(0));
            SocketCalls.close(ends.buffer().getInt(Integer.BYTES));
        }
    }

    @Test
    void refusesLengthsOutOfRangeOnAGoodSocket() {
        int fd = SocketCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM);
        try {
            long address = SCRATCH.address();
            for (int length : new int[] {-1, 64 * 1024 + 1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertEquals(-Constants.EINVAL, SocketCalls.getRaw(fd, Constants.SOL_SOCKET, Constants.SO_SNDBUF, address, length));
                assertEquals(-Constants.EINVAL, SocketCalls.setRaw(fd, Constants.SOL_SOCKET, Constants.SO_SNDBUF, address, length));
            }
            for (int count : new int[] {-1, Constants.IOV_MAX + 1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertEquals(-Constants.EINVAL, IoCalls.writev(fd, address, count));
            }
            assertEquals(-Constants.EINVAL, IoCalls.read(fd, address, -1));
            assertEquals(-Constants.EINVAL, IoCalls.write(fd, address, Integer.MIN_VALUE));
            assertEquals("EAFNOSUPPORT", Platform.errnoName(-SocketCalls.bind(fd, address)), "a record without a family");
        } finally {
            SocketCalls.close(fd);
        }
    }

    @Test
    void refusesBatchesLargerThanTheirRoomOnAGoodSocket() {
        int fd = SocketCalls.socket(Constants.AF_INET, Constants.SOCK_DGRAM);
        try {
            long address = SCRATCH.address();
            for (int count : new int[] {-1, 0, Constants.KQ_DATAGRAM_BATCH + 1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertEquals(-Constants.EINVAL, DatagramCalls.receive(fd, address, count, 0));
                assertEquals(-Constants.EINVAL, DatagramCalls.send(fd, address, count, 0));
            }
            Datagrams records = new Datagrams();
            records.bytes(0, address, -1);
            assertEquals(-Constants.EINVAL, DatagramCalls.send(fd, records.address(), 1, 0));
            records.gathered(0, address, Constants.IOV_MAX + 1);
            assertEquals(-Constants.EINVAL, DatagramCalls.send(fd, records.address(), 1, 0));
            records.bytes(0, address, Integer.MIN_VALUE);
            assertEquals(-Constants.EAGAIN, DatagramCalls.receive(fd, records.address(), 1, 0));
            assertEquals(-Constants.EINVAL, MulticastCalls.setTtl(fd, false, 256));
            assertEquals("EAFNOSUPPORT", Platform.errnoName(-MulticastCalls.join(fd, address, 0, 0)), "a record without a family");
        } finally {
            SocketCalls.close(fd);
        }
    }
}
