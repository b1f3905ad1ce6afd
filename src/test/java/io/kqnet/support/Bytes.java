package io.kqnet.support;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/** Recognizable contents. */
public final class Bytes {
    private Bytes() {
    }

    /** Bytes of a stream from {@code offset} on: no short run of them repeats. */
    public static byte[] pattern(int offset, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            int at = offset + i;
            bytes[i] = (byte) (at ^ at >> 8 ^ at >> 16);
        }
        return bytes;
    }

    public static ByteBuf direct(byte[] bytes) {
        return Unpooled.directBuffer(Math.max(1, bytes.length)).writeBytes(bytes);
    }

    /** Tells where two arrays differ rather than printing them. */
    public static void assertSame(byte[] expected, byte[] actual) {
        assertEquals(-1, Arrays.mismatch(expected, actual),
                () -> "first difference; expected " + expected.length + " bytes, got " + actual.length);
    }
}
