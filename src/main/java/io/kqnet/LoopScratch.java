package io.kqnet;

import io.kqnet.sys.Datagrams;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Memory;
import io.kqnet.sys.Rights;
import io.kqnet.sys.Sockaddr;

/** Native memory one loop's channels share during a call. Belongs to the loop's thread. */
public final class LoopScratch {
    private Iovecs iovecs;
    private Datagrams datagrams;
    private Sockaddr sockaddr;
    private Rights rights;
    private Memory descriptors;

    /** Empty, to be filled and submitted before anybody else asks for it. */
    Iovecs iovecs() {
        if (iovecs == null) {
            iovecs = new Iovecs();
        }
        iovecs.clear();
        return iovecs;
    }

    /** To be filled, submitted and read before a handler is called. */
    Datagrams datagrams() {
        if (datagrams == null) {
            datagrams = new Datagrams();
        }
        return datagrams;
    }

    Sockaddr sockaddr() {
        if (sockaddr == null) {
            sockaddr = new Sockaddr();
        }
        return sockaddr;
    }

    /** What came with the last read of a socket of the Unix domain. */
    Rights rights() {
        if (rights == null) {
            rights = new Rights();
        }
        return rights;
    }

    /** Room for the descriptors of one message, as ints. */
    Memory descriptors() {
        if (descriptors == null) {
            descriptors = new Memory(Constants.DESCRIPTORS_MAX * Integer.BYTES);
        }
        return descriptors;
    }
}
