package io.kqnet.poll;

import io.kqnet.sys.Constants;

/**
 * Changes waiting for the next kevent call: at most one per (registration, filter). Removing one closes the gap, since no filter number
 * means "skip this entry" on every kernel (0 is EVFILT_READ on NetBSD).
 */
final class ChangeList {
    private final EventArray array;
    private final Registration[] owners;
    private int size;

    ChangeList(int capacity) {
        array = new EventArray(capacity);
        owners = new Registration[capacity];
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return size == owners.length;
    }

    EventArray array() {
        return array;
    }

    void addRead(Registration owner, int flags, int fflags) {
        array.set(size, owner.fd, Constants.EVFILT_READ, flags, fflags, owner.udata);
        owners[size] = owner;
        owner.readChange = size++;
    }

    void addWrite(Registration owner, int flags, int fflags) {
        array.set(size, owner.fd, Constants.EVFILT_WRITE, flags, fflags, owner.udata);
        owners[size] = owner;
        owner.writeChange = size++;
    }

    void addExcept(Registration owner, int flags, int fflags) {
        array.set(size, owner.fd, Constants.EVFILT_EXCEPT, flags, fflags, owner.udata);
        owners[size] = owner;
        owner.exceptChange = size++;
    }

    void removeRead(Registration owner) {
        if (owner.readChange != Registration.NOT_QUEUED) {
            removeAt(owner.readChange);
            owner.readChange = Registration.NOT_QUEUED;
        }
    }

    void removeWrite(Registration owner) {
        if (owner.writeChange != Registration.NOT_QUEUED) {
            removeAt(owner.writeChange);
            owner.writeChange = Registration.NOT_QUEUED;
        }
    }

    void removeExcept(Registration owner) {
        if (owner.exceptChange != Registration.NOT_QUEUED) {
            removeAt(owner.exceptChange);
            owner.exceptChange = Registration.NOT_QUEUED;
        }
    }

    private void removeAt(int index) {
        int last = --size;
        if (index != last) {
            array.copy(last, index);
            Registration moved = owners[last];
            owners[index] = moved;
            if (Registration.isRead(array.filter(index))) {
                moved.readChange = index;
            } else if (Registration.isExcept(array.filter(index))) {
                moved.exceptChange = index;
            } else {
                moved.writeChange = index;
            }
        }
        owners[last] = null;
    }

    /** The changes were submitted. */
    void clear() {
        for (int i = 0; i < size; i++) {
            owners[i].readChange = Registration.NOT_QUEUED;
            owners[i].writeChange = Registration.NOT_QUEUED;
            owners[i].exceptChange = Registration.NOT_QUEUED;
            owners[i] = null;
        }
        size = 0;
    }
}
