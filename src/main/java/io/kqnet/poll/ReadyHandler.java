package io.kqnet.poll;

/** Receives the readiness of one descriptor, on the poller's thread. It may close its own or any other registration. */
public interface ReadyHandler {
    /** {@link #onReadable} was not told how much there is to read. */
    long UNKNOWN = -1;

    /**
     * EVFILT_READ fired.
     *
     * @param data bytes to read or connections to accept; {@link #UNKNOWN} if exact data was not asked for
     * @param eof no more will come after what is buffered (EV_EOF); bytes may still be there
     * @param errno the socket's error beside EV_EOF, 0 if none
     */
    void onReadable(long data, boolean eof, int errno);

    /**
     * EVFILT_WRITE fired; it has to be armed again to fire again.
     *
     * @param eof the sending direction is dead, or was shut down by ourselves
     * @param errno the socket's error beside EV_EOF, 0 if none
     */
    void onWritable(boolean eof, int errno);

    /** EVFILT_EXCEPT fired: an urgent byte has come. macOS also says so of ordinary data ({@code filt_soread_common}). */
    default void onOutOfBand() {
    }

    /**
     * The kernel refused to register a filter (EV_ERROR): without it no event will ever come.
     *
     * @param call the refused change, such as {@code kevent(EVFILT_READ)}
     * @param errno why
     */
    void onError(String call, int errno);
}
