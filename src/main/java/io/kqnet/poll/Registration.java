package io.kqnet.poll;

import io.kqnet.sys.Constants;
import java.io.IOException;

/**
 * One descriptor's place in a {@link Poller}: what the kernel was told about it. Belongs to the poller's thread. Once closed or
 * deregistered it does nothing and gets nothing: its identifier is never given to another owner.
 */
public final class Registration {
    static final int NOT_QUEUED = -1;

    final Poller poller;
    final int fd;
    final ReadyHandler handler;
    final long udata;
    /** Index of the queued change per filter, {@link #NOT_QUEUED} if none. */
    int readChange = NOT_QUEUED;
    int writeChange = NOT_QUEUED;
    int exceptChange = NOT_QUEUED;
    boolean readArmed;
    boolean exactData;
    /** EVFILT_READ is there for EV_EOF only: a kernel that does not have it for this descriptor is no failure. */
    boolean readOptional;
    boolean writeArmed;
    /** EVFILT_WRITE was added at least once, so the kernel may hold a (disabled) knote. */
    boolean writeAdded;
    /** EVFILT_WRITE fired since it was armed, which a filter that is dispatched does once. */
    boolean writeFired;
    boolean exceptArmed;
    boolean valid = true;

    Registration(Poller poller, int fd, ReadyHandler handler, long udata) {
        this.poller = poller;
        this.fd = fd;
        this.handler = handler;
        this.udata = udata;
    }

    /**
     * Arms EVFILT_READ for the life of the registration, edge-triggered. Every edge has to be remembered until the descriptor was read dry:
     * what is left unread is not reported again. A second call does nothing.
     *
     * @param exact whether {@link ReadyHandler#onReadable} needs the exact number of bytes or connections
     */
    public void armRead(boolean exact) {
        if (valid && !readArmed) {
            exactData = exact;
            // First: to make room it may rebuild the kqueue, which queues what is armed already.
            poller.queueRead(this);
            readArmed = true;
        }
    }

    /**
     * As {@link #armRead}, for a descriptor that is not read: what counts is EV_EOF, which tells on some kernels that a pipe's reader has gone.
     * A kernel that refuses is not reported.
     */
    public void armHangup() {
        readOptional = true;
        armRead(false);
    }

    /** Arms EVFILT_EXCEPT with NOTE_OOB for the life of the registration, edge-triggered. Does nothing where the system has no such filter. */
    public void armOutOfBand() {
        if (valid && !exceptArmed && Constants.EVFILT_EXCEPT != Constants.ABSENT) {
            poller.queueExcept(this);
            exceptArmed = true;
        }
    }

    /** Arms EVFILT_WRITE for one event. */
    public void armWrite() {
        if (valid && !writeArmed) {
            poller.queueWrite(this);
            writeArmed = true;
        }
    }

    public boolean isWriteArmed() {
        return writeArmed;
    }

    /** Forgets an armed EVFILT_WRITE: costs nothing, an event that comes all the same is dropped. */
    public void forgetWrite() {
        if (writeArmed) {
            writeArmed = false;
            poller.unqueueWrite(this);
        }
    }

    public boolean isValid() {
        return valid;
    }

    public Counters counters() {
        return poller.counters();
    }

    /** Registers another descriptor of the same owner with the same poller; it has to be closed or deregistered like this one. */
    public Registration sibling(int number, ReadyHandler receiver) {
        return poller.register(number, receiver);
    }

    /** To be called right before the descriptor is closed: drops its queued changes; the kernel drops the filters itself. */
    public void close() {
        if (valid) {
            poller.remove(this);
        }
    }

    /** Takes the filters off a descriptor that stays open. */
    public void deregister() throws IOException {
        if (valid) {
            poller.remove(this);
            poller.deleteFilters(this);
        }
    }

    int slot() {
        return (int) udata;
    }

    @Override
    public String toString() {
        return "Registration(fd " + fd + ", udata 0x" + Long.toHexString(udata) + (valid ? "" : ", gone")
                + (readArmed ? ", READ" : "") + (writeArmed ? ", WRITE" : "") + (exceptArmed ? ", EXCEPT" : "") + ')';
    }

    static boolean isRead(int filter) {
        return filter == Constants.EVFILT_READ;
    }

    static boolean isExcept(int filter) {
        return filter == Constants.EVFILT_EXCEPT;
    }
}
