package io.kqnet;

/**
 * User event: an urgent byte has come to a {@link KqSocketChannel} whose option {@link KqChannelOption#OUT_OF_BAND_EVENTS} is on. It comes behind
 * the data that was sent before it and ahead of the data that was sent after it. With autoRead off it waits like the data before it; with
 * no such data left to read it comes all the same.
 *
 * <p>A kernel without EVFILT_EXCEPT (FreeBSD, NetBSD) does not tell of an urgent byte alone: there it comes with the next ordinary data or the
 * end of the stream.
 */
public final class KqOutOfBandEvent {
    private final byte value;

    KqOutOfBandEvent(byte value) {
        this.value = value;
    }

    /** The urgent byte. */
    public byte value() {
        return value;
    }

    @Override
    public String toString() {
        return "KqOutOfBandEvent(" + (value & 0xFF) + ')';
    }
}
