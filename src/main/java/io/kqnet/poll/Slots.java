package io.kqnet.poll;

import java.util.Arrays;

/**
 * Table of registrations. A udata is {@code generation << 32 | slot}: finding its owner is one array access, and a udata of an earlier
 * owner of the slot never finds the present one. Slots are reused, never freed; slot 0 is the wakeup's.
 */
final class Slots {
    private Registration[] registrations = new Registration[64];
    private int[] generations = new int[64];
    private int[] free = new int[64];
    private int freeCount;
    private int used = 1;
    private int size;

    int size() {
        return size;
    }

    Registration add(Poller poller, int fd, ReadyHandler handler) {
        int slot = freeCount > 0 ? free[--freeCount] : newSlot();
        generations[slot] = generations[slot] == Integer.MAX_VALUE ? 1 : generations[slot] + 1;
        Registration registration = new Registration(poller, fd, handler, (long) generations[slot] << 32 | slot);
        registrations[slot] = registration;
        size++;
        return registration;
    }

    private int newSlot() {
        if (used == registrations.length) {
            registrations = Arrays.copyOf(registrations, 2 * used);
            generations = Arrays.copyOf(generations, 2 * used);
            free = Arrays.copyOf(free, 2 * used);
        }
        return used++;
    }

    void remove(Registration registration) {
        int slot = registration.slot();
        registrations[slot] = null;
        free[freeCount++] = slot;
        size--;
    }

    /** The owner, or null when it has gone. */
    Registration find(long udata) {
        int slot = (int) udata;
        if (slot <= 0 || slot >= used) {
            return null;
        }
        Registration registration = registrations[slot];
        return registration != null && registration.udata == udata ? registration : null;
    }

    /** A copy, so that the table may change while it is walked. */
    Registration[] toArray() {
        Registration[] live = new Registration[size];
        int n = 0;
        for (int slot = 1; slot < used; slot++) {
            if (registrations[slot] != null) {
                live[n++] = registrations[slot];
            }
        }
        return live;
    }
}
