package io.kqnet.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import io.kqnet.sys.Constants;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ChangeListTest {
    private static final int CAPACITY = 8;

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    private static Registration owner(int fd) {
        return new Registration(null, fd, new Recorder(), (long) fd << 32 | fd);
    }

    /** Each entry as {@code <fd><r|w|x>}, in no order. */
    private static TreeSet<String> entries(ChangeList changes) {
        TreeSet<String> entries = new TreeSet<>();
        for (int i = 0; i < changes.size(); i++) {
            int filter = changes.array().filter(i);
            String name = Registration.isRead(filter) ? "r" : filter == Constants.EVFILT_WRITE ? "w" : "x";
            assertEquals(changes.array().ident(i), (int) changes.array().udata(i), "an entry with another owner's udata");
            assertTrue(entries.add(changes.array().ident(i) + name), "two changes of one filter");
        }
        return entries;
    }

    @Test
    void holdsWhatIsSubmitted() {
        ChangeList changes = new ChangeList(CAPACITY);
        Registration owner = owner(5);
        changes.addRead(owner, Constants.EV_ADD | Constants.EV_CLEAR, 3);
        changes.addWrite(owner, Constants.EV_ADD, 4);
        EventArray array = changes.array();
        assertEquals(2, changes.size());
        assertEquals(Constants.EVFILT_READ, array.filter(0));
        assertEquals(Constants.EV_ADD | Constants.EV_CLEAR, array.flags(0));
        assertEquals(3, array.fflags(0));
        assertEquals(Constants.EVFILT_WRITE, array.filter(1));
        assertEquals(5, array.ident(1));
        assertEquals(owner.udata, array.udata(1));
        assertEquals(0, array.data(1));
    }

    @Test
    void closesTheGapOfARemovedChange() {
        ChangeList changes = new ChangeList(CAPACITY);
        Registration first = owner(1);
        Registration second = owner(2);
        Registration third = owner(3);
        changes.addRead(first, Constants.EV_ADD, 0);
        changes.addWrite(second, Constants.EV_ADD, 0);
        changes.addRead(third, Constants.EV_ADD, 0);
        changes.removeRead(first);
        assertEquals(new TreeSet<>(List.of("2w", "3r")), entries(changes));
        assertEquals(0, third.readChange, "the last change took the gap");
        changes.removeRead(third);
        assertEquals(new TreeSet<>(List.of("2w")), entries(changes));
        changes.removeWrite(second);
        assertEquals(0, changes.size());
    }

    @Test
    void removingWhatIsNotQueuedDoesNothing() {
        ChangeList changes = new ChangeList(CAPACITY);
        Registration owner = owner(1);
        changes.addRead(owner, Constants.EV_ADD, 0);
        changes.removeWrite(owner);
        changes.removeRead(owner(2));
        assertEquals(1, changes.size());
        changes.removeRead(owner);
        changes.removeRead(owner);
        assertEquals(0, changes.size());
    }

    @Test
    void clearForgetsEveryOwner() {
        ChangeList changes = new ChangeList(CAPACITY);
        Registration owner = owner(1);
        changes.addRead(owner, Constants.EV_ADD, 0);
        changes.addWrite(owner, Constants.EV_ADD, 0);
        changes.addExcept(owner, Constants.EV_ADD, 0);
        changes.clear();
        assertEquals(0, changes.size());
        assertEquals(Registration.NOT_QUEUED, owner.readChange);
        assertEquals(Registration.NOT_QUEUED, owner.writeChange);
        assertEquals(Registration.NOT_QUEUED, owner.exceptChange);
        changes.addRead(owner(2), Constants.EV_ADD, 0);
        changes.removeRead(owner);
        assertEquals(1, changes.size(), "removed another's change");
    }

    @Test
    void isFullAtItsCapacity() {
        ChangeList changes = new ChangeList(2);
        assertFalse(changes.isFull());
        changes.addRead(owner(1), 0, 0);
        assertFalse(changes.isFull());
        changes.addRead(owner(2), 0, 0);
        assertTrue(changes.isFull());
    }

    @Test
    void keepsTheRestThroughAnyOrderOfRemovals() {
        Random random = new Random(42);
        for (int round = 0; round < 2000; round++) {
            ChangeList changes = new ChangeList(2 * CAPACITY);
            List<Registration> owners = new ArrayList<>();
            TreeSet<String> expected = new TreeSet<>();
            for (int fd = 1; fd <= CAPACITY / 2; fd++) {
                Registration owner = owner(fd);
                owners.add(owner);
                changes.addRead(owner, Constants.EV_ADD, 0);
                changes.addWrite(owner, Constants.EV_ADD, 0);
                changes.addExcept(owner, Constants.EV_ADD, 0);
                expected.addAll(List.of(fd + "r", fd + "w", fd + "x"));
            }
            for (int i = 0; i < CAPACITY; i++) {
                Registration owner = owners.get(random.nextInt(owners.size()));
                int which = random.nextInt(3);
                if (which == 0) {
                    changes.removeRead(owner);
                    expected.remove(owner.fd + "r");
                } else if (which == 1) {
                    changes.removeExcept(owner);
                    expected.remove(owner.fd + "x");
                } else {
                    changes.removeWrite(owner);
                    expected.remove(owner.fd + "w");
                }
                assertEquals(expected, entries(changes));
            }
        }
    }
}
