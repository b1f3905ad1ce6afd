package io.kqnet.sys;

/** Natives of {@code kq_oob.c}: urgent data of a TCP socket (RFC 6093). Each returns {@code >= 0} or {@code -errno}. */
public final class OobCalls {
    /** In the result of {@link #poll}: the lowest eight bits are an urgent byte. */
    public static final int BYTE = 0x100;
    /** In the result of {@link #poll}: a read finds ordinary data and does not pass another urgent byte. */
    public static final int DATA = 0x200;

    private OobCalls() {
    }

    /**
     * Takes the urgent byte if reading has come to its mark. Without {@link #DATA} the next read, if it found anything, might pass an urgent byte
     * that has come meanwhile, and with {@link #BYTE} the next thing to do is to ask again.
     */
    public static native int poll(int fd);

    /** Sends one urgent byte; 1, or {@code -EAGAIN} if there is no room. */
    public static native int send(int fd, int value);
}
