package io.kqnet.poll;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import io.kqnet.poll.FakeKernel.Record;
import io.kqnet.sys.Constants;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a kernel may answer and seldom does. */
@Timeout(60)
class PollerFaultTest {
    private static int read;
    private static int write;

    private final FakeKernel kernel = new FakeKernel();

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
        read = Constants.EVFILT_READ;
        write = Constants.EVFILT_WRITE;
    }

    /** Over a fake that knows EVFILT_USER; what opening asked for is forgotten. */
    private Poller open(int capacity) throws IOException {
        Poller poller = new Poller(kernel, capacity, false);
        poller.open();
        kernel.submitted.clear();
        kernel.changeCalls = 0;
        return poller;
    }

    private Registration armed(Poller poller, int fd, Recorder handler) {
        Registration registration = poller.register(fd, handler);
        registration.armRead(true);
        return registration;
    }

    /** Pipes are real even here: closes those that the fake was told to close; how many. */
    private int closePipes() {
        int n = 0;
        for (int fd : kernel.closed) {
            if (!kernel.kqueues.contains(fd)) {
                assertEquals(0, Kernel.NATIVE.close(fd));
                n++;
            }
        }
        return n;
    }

    @Test
    void interruptedMeansTheChangesAreInForce() throws IOException {
        Poller poller = open(8);
        armed(poller, 7, new Recorder());
        kernel.keventResults.add(-Constants.EINTR);
        assertEquals(0, poller.fetch(-1));
        assertEquals(0, poller.fetch(0));
        assertEquals(1, kernel.submissions(7, read));
        assertEquals(0, poller.counters().get(Counters.REBUILDS));
    }

    @Test
    void changesSurviveACallThatFails() throws IOException {
        Poller poller = open(8);
        armed(poller, 7, new Recorder());
        kernel.keventResults.add(-Constants.ENOMEM);
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> poller.fetch(0));
        assertTrue(e.getMessage().startsWith("kevent(..) failed: ENOMEM ("), e.getMessage());
        kernel.submitted.clear();
        assertEquals(0, poller.fetch(0));
        assertEquals(1, kernel.submissions(7, read), "the filter was never added");
    }

    @Test
    void aFlushThatFailsFailsTheCallerAndKeepsTheRest() throws IOException {
        Poller poller = open(2);
        Registration first = armed(poller, 7, new Recorder());
        armed(poller, 8, new Recorder());
        Registration third = poller.register(9, new Recorder());
        kernel.changeResults.add(-Constants.ENOMEM);
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> third.armRead(true));
        assertTrue(e.getMessage().contains("ENOMEM"), e.getMessage());
        first.close();
        kernel.submitted.clear();
        third.armRead(true);
        poller.fetch(0);
        assertEquals(0, kernel.submissions(7, read), "a closed descriptor's change was submitted");
        assertEquals(1, kernel.submissions(8, read));
        assertEquals(1, kernel.submissions(9, read));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ENOMEM", "EMFILE", "ENFILE"})
    void opensNothingWhenThereIsNoKqueue(String errno) throws Exception {
        kernel.kqueueResults.add(-Constants.class.getField(errno).getInt(null));
        Poller poller = new Poller(kernel, 8, false);
        IOException e = assertThrows(IOException.class, poller::open);
        assertTrue(e.getMessage().startsWith("kqueue(..) failed: " + errno + " ("), e.getMessage());
        assertFalse(poller.isOpen());
        poller.close();
        assertEquals(List.of(), kernel.closed);
        assertEquals(0, kernel.triggers);
    }

    @Test
    void closesTheKqueueIfItCannotBeWoken() {
        // No EVFILT_USER, and then no pipe in the kqueue either.
        kernel.changeResults.addAll(List.of(1, -Constants.ENOMEM));
        Poller poller = new Poller(kernel, 8, false);
        IOException e = assertThrows(IOException.class, poller::open);
        assertTrue(e.getMessage().contains("ENOMEM") && e.getMessage().endsWith("wakeup pipe"), e.getMessage());
        assertFalse(poller.isOpen());
        assertEquals(kernel.kqueues, kernel.closed);
        poller.close();
        assertEquals(2, closePipes(), "both ends of the pipe");
        assertEquals(3, kernel.closed.size());
    }

    @Test
    void usesAPipeIfTheKernelRefusesUserEvents() throws IOException {
        kernel.changeResults.add(1);
        Poller poller = new Poller(kernel, 8, false);
        poller.open();
        int pipe = poller.wakeup().pipeRead();
        assertTrue(pipe >= 0);
        assertEquals(1, kernel.submissions(pipe, read));
        assertTrue(poller.wakeup().beginSleep(Deadline.NONE));
        poller.wakeup().wake();
        assertEquals(0, kernel.triggers, "a trigger for a filter that is not there");
        kernel.answers.add(new Record(pipe, read, 0, 0, 1, Wakeup.UDATA));
        assertEquals(1, poller.fetch(0));
        assertEquals(0, poller.dispatch());
        poller.close();
        assertEquals(2, closePipes(), "both ends of the pipe");
    }

    /** The rebuild fills the list again with what is armed. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void aFlushOfABadKqueueRebuildsItAndAddsEachFilterOnce(int capacity) throws IOException {
        Poller poller = open(capacity);
        for (int fd = 0; fd < capacity; fd++) {
            armed(poller, fd, new Recorder());
        }
        kernel.changeResults.add(-Constants.EBADF);
        kernel.triggerResults.add(-Constants.EBADF);
        kernel.submitted.clear();
        Registration last = poller.register(100, new Recorder());
        assertDoesNotThrow(() -> last.armRead(true));
        kernel.submitted.subList(0, capacity + 1).clear();
        poller.fetch(0);
        for (int fd = 0; fd < capacity; fd++) {
            assertEquals(1, kernel.submissions(fd, read), "fd " + fd + " of " + kernel.submitted);
        }
        assertEquals(1, kernel.submissions(100, read), kernel.submitted::toString);
        assertEquals(1, poller.counters().get(Counters.REBUILDS));
    }

    @Test
    void aBadKqueueIsRebuiltAndItsNumberLeftToItsNewOwner() throws IOException {
        Poller poller = open(8);
        Registration both = armed(poller, 7, new Recorder());
        both.armWrite();
        poller.fetch(0);
        kernel.submitted.clear();
        kernel.keventResults.add(-Constants.EBADF);
        kernel.triggerResults.add(-Constants.EBADF);
        assertEquals(0, poller.fetch(-1));
        assertEquals(1, poller.counters().get(Counters.REBUILDS));
        assertEquals(List.of(), kernel.closed, "the number is not ours any more");
        poller.fetch(0);
        assertEquals(1, kernel.submissions(7, read));
        assertEquals(1, kernel.submissions(7, write));
    }

    @Test
    void aRebuildThatFailsLosesNoChange() throws IOException {
        Poller poller = open(8);
        armed(poller, 7, new Recorder());
        kernel.kqueueResults.add(-Constants.EMFILE);
        IllegalStateException e = assertThrows(IllegalStateException.class, poller::rebuild);
        assertTrue(e.getCause().getMessage().contains("EMFILE"), e.getCause().getMessage());
        assertEquals(List.of(), kernel.closed);
        poller.fetch(0);
        assertEquals(1, kernel.submissions(7, read), "still works on the old kqueue");
        poller.rebuild();
        assertEquals(1, kernel.closed.size());
    }

    @Test
    void wakesTheOldKqueueAfterARebuildThatFailed() throws IOException {
        Poller poller = open(8);
        kernel.kqueueResults.add(-Constants.EMFILE);
        assertThrows(IllegalStateException.class, poller::rebuild);
        kernel.triggers = 0;
        assertTrue(poller.wakeup().beginSleep(Deadline.NONE));
        poller.wakeup().wake();
        assertEquals(1, kernel.triggers);
    }

    /** kqueue.md E.120. */
    @ParameterizedTest
    @ValueSource(strings = {"EBADF", "ENOMEM", "EINVAL", "EPERM"})
    void aRefusedReadFilterReachesItsOwnerAlone(String name) throws Exception {
        int errno = Constants.class.getField(name).getInt(null);
        Poller poller = open(8);
        Recorder bad = new Recorder();
        Recorder good = new Recorder();
        Registration refused = armed(poller, 7, bad);
        Registration other = armed(poller, 8, good);
        kernel.answers.add(Record.error(refused, read, errno));
        kernel.answers.add(Record.of(other, read, 0, 0, 5));
        assertEquals(2, poller.fetch(0));
        assertEquals(2, poller.dispatch());
        assertEquals(List.of("error kevent(EVFILT_READ) " + errno), bad.calls);
        assertEquals(List.of("read 5"), good.calls);
        refused.armRead(true);
        poller.fetch(0);
        assertEquals(2, kernel.submissions(7, read), "may be tried again");
    }

    /** FreeBSD and DragonFly say EPIPE, OpenBSD EPERM, NetBSD EBADF when a pipe's reader has gone. */
    @ParameterizedTest
    @ValueSource(strings = {"EPIPE", "EPERM", "EBADF"})
    void aWriteFilterRefusedForItsReaderIsWritable(String name) throws Exception {
        int errno = Constants.class.getField(name).getInt(null);
        Poller poller = open(8);
        Recorder handler = new Recorder();
        Registration registration = poller.register(7, handler);
        registration.armWrite();
        kernel.answers.add(Record.error(registration, write, errno));
        poller.fetch(0);
        assertEquals(1, poller.dispatch());
        assertEquals(List.of("write eof " + errno), handler.calls);
        assertFalse(registration.isWriteArmed());
    }

    @Test
    void anyOtherRefusalOfAWriteFilterIsAnError() throws Exception {
        Poller poller = open(8);
        Recorder handler = new Recorder();
        Registration registration = poller.register(7, handler);
        registration.armWrite();
        kernel.answers.add(Record.error(registration, write, Constants.ENOMEM));
        poller.fetch(0);
        assertEquals(1, poller.dispatch());
        assertEquals(List.of("error kevent(EVFILT_WRITE) " + Constants.ENOMEM), handler.calls);
        assertFalse(registration.isWriteArmed());
    }

    @Test
    void aRefusalInAFlushIsToldByTheNextDispatchWithoutASleep() throws Exception {
        Poller poller = open(1);
        Recorder bad = new Recorder();
        Registration refused = armed(poller, 7, bad);
        kernel.answers.add(Record.error(refused, read, Constants.EBADF));
        armed(poller, 8, new Recorder());
        assertEquals(List.of(), bad.calls, "told inside another's call");
        assertEquals(1, poller.fetch(-1));
        assertEquals(List.of(0L), kernel.timeouts);
        assertEquals(1, poller.dispatch());
        assertEquals(List.of("error kevent(EVFILT_READ) " + Constants.EBADF), bad.calls);
        poller.fetch(-1);
        assertEquals(List.of(0L, -1L), kernel.timeouts);
    }

    @Test
    void aRefusalForAnOwnerThatHasGoneIsDropped() throws Exception {
        Poller poller = open(1);
        Recorder bad = new Recorder();
        Registration refused = armed(poller, 7, bad);
        kernel.answers.add(Record.error(refused, read, Constants.EBADF));
        Recorder next = new Recorder();
        armed(poller, 8, new Recorder());
        refused.close();
        Registration reused = poller.register(7, next);
        assertEquals(refused.slot(), reused.slot());
        poller.fetch(0);
        assertEquals(0, poller.dispatch());
        assertEquals(List.of(), bad.calls);
        assertEquals(List.of(), next.calls);
        assertEquals(1, poller.counters().get(Counters.STALE_EVENTS));
    }

    @Test
    void eventsOfNobodyAreCountedAndDropped() throws Exception {
        Poller poller = open(8);
        for (long udata : new long[] {0, -1, 1L << 33 | 5, Long.MAX_VALUE}) {
            kernel.answers.add(new Record(3, read, 0, 0, 1, udata));
        }
        assertEquals(4, poller.fetch(0));
        assertEquals(0, poller.dispatch());
        assertEquals(4, poller.counters().get(Counters.STALE_EVENTS));
        assertEquals(0, poller.counters().get(Counters.EVENTS));
    }

    @Test
    void passesOnEndAndError() throws Exception {
        Poller poller = open(8);
        Recorder handler = new Recorder();
        Registration registration = armed(poller, 7, handler);
        registration.armWrite();
        kernel.answers.add(Record.of(registration, read, Constants.EV_EOF, Constants.EPROTO, 9));
        kernel.answers.add(Record.of(registration, write, Constants.EV_EOF, Constants.EPROTO, 0));
        kernel.answers.add(Record.of(registration, read, 0, 77, 4));
        poller.fetch(0);
        assertEquals(3, poller.dispatch());
        assertEquals(List.of("read 9 eof " + Constants.EPROTO, "write eof " + Constants.EPROTO, "read 4"), handler.calls);
    }
}
