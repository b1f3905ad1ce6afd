package io.kqnet.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class DeadlineTest {
    private static final long DAY_LESS_A_SECOND = 86_399_000_000_000L;

    @Test
    void isTheTimeLeft() {
        assertEquals(5, Deadline.timeoutNanos(105, 100));
        assertEquals(5, Deadline.timeoutNanos(-95, -100));
        assertEquals(10, Deadline.timeoutNanos(5, -5));
        assertEquals(1, Deadline.timeoutNanos(Long.MIN_VALUE + 1, Long.MIN_VALUE));
    }

    @Test
    void isZeroOncePassed() {
        assertEquals(0, Deadline.timeoutNanos(100, 100));
        assertEquals(0, Deadline.timeoutNanos(99, 100));
        assertEquals(0, Deadline.timeoutNanos(-1, 0));
        assertEquals(0, Deadline.timeoutNanos(Long.MIN_VALUE, 0));
        assertEquals(0, Deadline.timeoutNanos(0, Long.MAX_VALUE));
    }

    @Test
    void isUnlimitedWithoutADeadline() {
        assertEquals(-1, Deadline.timeoutNanos(Deadline.NONE, 0));
        assertEquals(-1, Deadline.timeoutNanos(Deadline.NONE, Long.MAX_VALUE));
        assertEquals(-1, Deadline.timeoutNanos(Long.MAX_VALUE, Long.MIN_VALUE));
    }

    @Test
    void staysBelowWhatEveryKernelTakes() {
        assertEquals(DAY_LESS_A_SECOND, Deadline.timeoutNanos(DAY_LESS_A_SECOND, 0));
        assertEquals(DAY_LESS_A_SECOND, Deadline.timeoutNanos(DAY_LESS_A_SECOND + 1, 0));
        assertEquals(DAY_LESS_A_SECOND, Deadline.timeoutNanos(Long.MAX_VALUE - 1, 0));
    }

    @Test
    void survivesOverflow() {
        assertEquals(DAY_LESS_A_SECOND, Deadline.timeoutNanos(Long.MAX_VALUE - 1, -2));
        assertEquals(DAY_LESS_A_SECOND, Deadline.timeoutNanos(Long.MAX_VALUE - 1, Long.MIN_VALUE));
    }

    /** {@code System.nanoTime()} may be anything, so a passed deadline may lie further back than a long can tell. */
    @Test
    void aDeadlineTooFarBackHasPassed() {
        assertEquals(0, Deadline.timeoutNanos(Long.MIN_VALUE, Long.MAX_VALUE));
        assertEquals(0, Deadline.timeoutNanos(Long.MIN_VALUE + 5, 10));
    }
}
