package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SendBackoffTest {
    @Test
    void waitsDoubleAndEnd() {
        SendBackoff backoff = new SendBackoff();
        int total = 0;
        for (int expected = 1; expected <= 32; expected *= 2) {
            int millis = backoff.next();
            assertEquals(expected, millis);
            total += millis;
        }
        assertEquals(63, total);
        assertEquals(0, backoff.next());
        assertEquals(0, backoff.next(), "the next datagram does not wait anew");
    }

    @Test
    void whatLeavesStartsThemAnew() {
        SendBackoff backoff = new SendBackoff();
        for (int i = 0; i < 10; i++) {
            backoff.next();
        }
        backoff.reset();
        assertEquals(1, backoff.next());
    }
}
