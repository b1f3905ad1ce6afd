package io.kqnet.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ErrnoTest {
    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    @Test
    void namesTheCallTheSymbolTheTextAndTheDetail() {
        IOException e = Errno.toException("connect", -Constants.ECONNREFUSED, new InetSocketAddress("127.0.0.1", 80));
        assertEquals("connect(..) failed: ECONNREFUSED (Connection refused): /127.0.0.1:80", e.getMessage());
    }

    @Test
    void leavesOutADetailThatIsNotThere() {
        assertEquals("read(..) failed: EPROTO (Protocol error)", Errno.toException("read", -Constants.EPROTO).getMessage());
    }

    @Test
    void choosesTheExceptionJavaUsersKnow() {
        assertInstanceOf(ClosedChannelException.class, Errno.toException("read", -Constants.EBADF));
        assertInstanceOf(ConnectException.class, Errno.toException("connect", -Constants.ECONNREFUSED));
        assertInstanceOf(ConnectException.class, Errno.toException("connect", -Constants.ETIMEDOUT));
        assertInstanceOf(ConnectException.class, Errno.toException("connect", -Constants.EPROTOTYPE));
        assertInstanceOf(FileNotFoundException.class, Errno.toException("connect", -Constants.ENOENT));
        assertSame(IOException.class, Errno.toException("open", -Constants.ENOENT).getClass());
        assertInstanceOf(SocketTimeoutException.class, Errno.toException("read", -Constants.ETIMEDOUT));
        assertInstanceOf(NoRouteToHostException.class, Errno.toException("connect", -Constants.ENETUNREACH));
        assertInstanceOf(NoRouteToHostException.class, Errno.toException("connect", -Constants.EHOSTUNREACH));
        assertInstanceOf(BindException.class, Errno.toException("bind", -Constants.EADDRINUSE));
        assertInstanceOf(BindException.class, Errno.toException("connect", -Constants.EADDRNOTAVAIL));
        assertInstanceOf(BindException.class, Errno.toException("bind", -Constants.EPERM));
        assertSame(IOException.class, Errno.toException("read", -Constants.EPROTO).getClass());
    }

    @Test
    void keepsTheMessageOfAClosedDescriptor() {
        String message = Errno.toException("write", -Constants.EBADF, "fd 7").getMessage();
        assertTrue(message.startsWith("write(..) failed: EBADF (") && message.endsWith("): fd 7"), message);
    }

    @Test
    void showsTheNumberOfAnErrnoItHasNoNameFor() {
        String message = Errno.toException("read", -4000).getMessage();
        assertTrue(message.startsWith("read(..) failed: errno 4000 ("), message);
    }

    @Test
    void checkReturnsWhatIsNotAnError() throws IOException {
        assertEquals(0, Errno.check("read", 0));
        assertEquals(17, Errno.check("read", 17, "detail"));
        IOException e = assertThrows(IOException.class, () -> Errno.check("read", -Constants.EPIPE, "fd 3"));
        assertTrue(e.getMessage().startsWith("read(..) failed: EPIPE ("), e.getMessage());
    }

    @Test
    void hasASymbolForEveryErrnoConstant() {
        for (Field field : Constants.class.getFields()) {
            if (field.getName().matches("E(?!V_|MULATION|VFILT).*")) {
                // ENOTSUP is the same number on Linux.
                String expected = value(field) == Constants.EOPNOTSUPP ? "EOPNOTSUPP" : field.getName();
                assertEquals(expected, Platform.errnoName(value(field)));
            }
        }
    }

    private static int value(Field field) {
        try {
            return field.getInt(null);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
