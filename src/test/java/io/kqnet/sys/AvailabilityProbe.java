package io.kqnet.sys;

import io.kqnet.Kq;
import io.kqnet.support.LoudLog;

/** Run in a JVM of its own by {@link NativeLibraryTest}: tells what a user is told of this transport. */
final class AvailabilityProbe {
    private AvailabilityProbe() {
    }

    public static void main(String[] arguments) {
        LoudLog log = LoudLog.install();
        System.out.println("available: " + Kq.isAvailable());
        if (Kq.isAvailable()) {
            System.out.println("platform: " + Kq.platform());
            Kq.ensureAvailability();
        } else {
            System.out.println("cause: " + Kq.unavailabilityCause());
            try {
                Kq.ensureAvailability();
            } catch (UnsatisfiedLinkError e) {
                System.out.println("ensured: " + e.getMessage() + (e.getCause() == Kq.unavailabilityCause() ? "" : " without its cause"));
            }
        }
        for (String line : log.lines()) {
            System.out.println("loud: " + line);
        }
        System.out.println("done");
    }
}
