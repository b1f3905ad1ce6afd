package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SendRetryTest {
    @Test
    void waitsGrowAndEnd() {
        SendRetry retry = new SendRetry();
        long now = 0;
        long last = 0;
        int tries = 0;
        for (long wait = retry.refused(now); wait >= 0; wait = retry.refused(now)) {
            assertTrue(wait >= last && wait <= TimeUnit.MILLISECONDS.toNanos(64));
            last = wait;
            now += wait;
            tries++;
        }
        assertTrue(now >= SendRetry.LIMIT_NANOS && now < 2 * SendRetry.LIMIT_NANOS);
        assertTrue(tries < 40);
        assertEquals(TimeUnit.MILLISECONDS.toNanos(1), retry.refused(now), "the next datagram starts anew");
        retry.ended();
        assertEquals(TimeUnit.MILLISECONDS.toNanos(1), retry.refused(now));
    }
}
