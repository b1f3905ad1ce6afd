package io.kqnet.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SlotsTest {
    private final Slots slots = new Slots();

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    private Registration add() {
        return slots.add(null, 0, new Recorder());
    }

    @Test
    void findsEachOwnerByItsUdata() {
        Registration first = add();
        Registration second = add();
        assertSame(first, slots.find(first.udata));
        assertSame(second, slots.find(second.udata));
        assertNotEquals(first.udata, second.udata);
        assertEquals(2, slots.size());
    }

    @Test
    void aReusedSlotHasAnotherUdata() {
        Registration before = add();
        slots.remove(before);
        Registration after = add();
        assertEquals(before.slot(), after.slot());
        assertNull(slots.find(before.udata), "a stale event found the slot's new owner");
        assertSame(after, slots.find(after.udata));
        assertEquals(1, slots.size());
    }

    @Test
    void neverGivesAUdataTwice() {
        Set<Long> seen = new HashSet<>();
        Random random = new Random(7);
        List<Registration> live = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            if (!live.isEmpty() && random.nextInt(100) < 48) {
                slots.remove(live.remove(random.nextInt(live.size())));
            } else {
                Registration registration = add();
                live.add(registration);
                assertTrue(seen.add(registration.udata), "given twice: " + registration);
            }
        }
        assertEquals(live.size(), slots.size());
    }

    @Test
    void findsNothingForWhatItNeverGave() {
        Registration only = add();
        for (long udata : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, Wakeup.UDATA, only.slot(), only.udata + 1,
            only.udata + (1L << 32), only.udata | 1L << 63, only.udata | 0xFFFF_FFFFL, 1L << 32 | 1_000_000}) {
            assertNull(slots.find(udata), () -> "0x" + Long.toHexString(udata));
        }
    }

    @Test
    void neverGivesTheWakeupsSlot() {
        for (int i = 0; i < 300; i++) {
            Registration registration = add();
            assertTrue(registration.slot() > 0);
            assertNotEquals(Wakeup.UDATA, registration.udata);
        }
    }

    @Test
    void growsAndReusesBeforeItGrows() {
        Map<Long, Registration> all = new HashMap<>();
        for (int i = 0; i < 1000; i++) {
            Registration registration = add();
            all.put(registration.udata, registration);
        }
        all.forEach((udata, registration) -> assertSame(registration, slots.find(udata)));
        List<Registration> gone = new ArrayList<>(all.values()).subList(0, 500);
        Set<Integer> freed = new HashSet<>();
        for (Registration registration : gone) {
            slots.remove(registration);
            freed.add(registration.slot());
        }
        for (int i = 0; i < 500; i++) {
            assertTrue(freed.remove(add().slot()), "took a new slot while an old one was free");
        }
        assertEquals(1000, slots.size());
    }

    @Test
    void aCopyHoldsThoseAlive() {
        Registration first = add();
        Registration second = add();
        Registration third = add();
        slots.remove(second);
        assertEquals(Set.of(first, third), Set.of(slots.toArray()));
        Registration[] copy = slots.toArray();
        slots.remove(first);
        slots.remove(third);
        assertEquals(2, copy.length);
        assertEquals(0, slots.toArray().length);
    }
}
