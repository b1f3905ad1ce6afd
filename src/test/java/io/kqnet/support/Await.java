package io.kqnet.support;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for a condition; the only place in the tests that sleeps. */
public final class Await {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);

    private Await() {
    }

    /** Returns once the condition holds; fails after 20 seconds. */
    public static void until(BooleanSupplier condition) throws InterruptedException {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > LIMIT_NANOS) {
                throw new AssertionError("the condition did not come true within 20 seconds");
            }
            Thread.sleep(1);
        }
    }

    /** Lets time pass in which something must not happen. */
    public static void quiet(long millis) throws InterruptedException {
        Thread.sleep(millis);
    }
}
