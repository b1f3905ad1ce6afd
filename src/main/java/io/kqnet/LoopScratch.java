package io.kqnet;

import io.kqnet.sys.Sockaddr;

/** Native memory one loop's channels share during a call. Belongs to the loop's thread. */
public final class LoopScratch {
    private Iovecs iovecs;
    private Sockaddr sockaddr;

    /** Empty, to be filled and submitted before anybody else asks for it. */
    Iovecs iovecs() {
        if (iovecs == null) {
            iovecs = new Iovecs();
        }
        iovecs.clear();
        return iovecs;
    }

    Sockaddr sockaddr() {
        if (sockaddr == null) {
            sockaddr = new Sockaddr();
        }
        return sockaddr;
    }
}
