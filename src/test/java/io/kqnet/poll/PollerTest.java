package io.kqnet.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import io.kqnet.support.OpenFds;
import io.kqnet.sys.Constants;
import io.kqnet.sys.SocketCalls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Over this machine's kqueue, with pipes and sockets. */
@Timeout(60)
class PollerTest {
    private final List<Ends> opened = new ArrayList<>();
    private OpenFds open;
    private Poller poller;

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    @BeforeEach
    void openPoller() throws IOException {
        open = OpenFds.now();
        poller = new Poller(4, false);
        poller.open();
    }

    @AfterEach
    void leavesNoDescriptor() throws InterruptedException {
        poller.close();
        opened.forEach(Ends::close);
        open.awaitNoneLeft();
    }

    private Ends pipe() {
        opened.add(Ends.pipe());
        return opened.get(opened.size() - 1);
    }

    private Ends sockets() {
        opened.add(Ends.sockets());
        return opened.get(opened.size() - 1);
    }

    private long count(int counter) {
        return poller.counters().get(counter);
    }

    private Recorder armedRead(int fd) {
        Recorder recorder = new Recorder();
        poller.register(fd, recorder).armRead(true);
        return recorder;
    }

    private int turn() {
        poller.fetch(0);
        return poller.dispatch();
    }

    @Test
    void changesTravelWithTheWait() {
        Recorder handler = armedRead(pipe().fill(3).near);
        assertEquals(0, count(Counters.KEVENTS), "registering made a call of its own");
        assertEquals(1, poller.fetch(-1));
        assertEquals(1, count(Counters.KEVENTS));
        assertEquals(1, count(Counters.CHANGES));
        assertEquals(1, poller.dispatch());
        assertEquals(List.of("read 3"), handler.calls);
        turn();
        assertEquals(1, count(Counters.CHANGES), "submitted again");
    }

    @Test
    void queuesOneChangePerFilter() {
        Registration registration = poller.register(sockets().near, new Recorder());
        for (int i = 0; i < 10; i++) {
            registration.armRead(true);
            registration.armWrite();
            registration.forgetWrite();
        }
        registration.armWrite();
        registration.armWrite();
        turn();
        assertEquals(2, count(Counters.CHANGES));
    }

    @Test
    void readsAreReportedOnceUntilMoreCome() {
        Ends pipe = pipe().fill(2);
        Recorder handler = armedRead(pipe.near);
        turn();
        turn();
        assertEquals(List.of("read 2"), handler.calls);
        pipe.fill(1);
        turn();
        assertEquals(List.of("read 2", "read 3"), handler.calls);
    }

    @Test
    void writesAreReportedOncePerArming() {
        Recorder handler = new Recorder();
        Registration registration = poller.register(sockets().near, handler);
        for (int i = 1; i <= 3; i++) {
            registration.armWrite();
            assertTrue(registration.isWriteArmed());
            turn();
            turn();
            assertFalse(registration.isWriteArmed());
            assertEquals(i, handler.calls.size(), handler.calls::toString);
        }
        assertEquals(3, count(Counters.CHANGES), "disarming cost a change");
    }

    @Test
    void aForgottenWriteCostsNothingAndIsNotDelivered() {
        Recorder handler = new Recorder();
        Registration registration = poller.register(sockets().near, handler);
        registration.armWrite();
        registration.forgetWrite();
        turn();
        assertEquals(0, count(Counters.CHANGES));
        registration.armWrite();
        poller.fetch(0);
        registration.forgetWrite();
        assertEquals(0, poller.dispatch());
        assertEquals(List.of(), handler.calls);
        registration.armWrite();
        turn();
        assertEquals(List.of("write"), handler.calls);
    }

    /** kqueue.md E.115: what A's handler opens has B's number, B's event is in the batch already. */
    @Test
    void anEventDoesNotReachTheNextOwnerOfItsDescriptor() {
        Ends first = pipe().fill(1);
        Ends second = pipe().fill(1);
        List<Registration> registrations = new ArrayList<>();
        List<Recorder> late = new ArrayList<>();
        List<Ends> both = List.of(first, second);
        for (int i = 0; i < 2; i++) {
            int other = 1 - i;
            Registration registration = poller.register(both.get(i).near, new Recorder(() -> {
                registrations.get(other).close();
                int number = both.get(other).near;
                assertEquals(0, both.get(other).closeNear());
                Ends next = pipe();
                assertEquals(number, next.near, "the number was to be reused");
                Recorder recorder = new Recorder();
                late.add(recorder);
                Registration reused = poller.register(next.near, recorder);
                assertEquals(registrations.get(other).slot(), reused.slot(), "the slot was to be reused");
                reused.armRead(true);
            }));
            registration.armRead(true);
            registrations.add(registration);
        }
        assertEquals(2, poller.fetch(0));
        assertEquals(1, poller.dispatch());
        assertEquals(1, count(Counters.STALE_EVENTS));
        assertEquals(1, late.size());
        turn();
        assertEquals(List.of(), late.get(0).calls);
    }

    /** kqueue.md E.116. */
    @Test
    void aChangeOfAClosedDescriptorIsNeverSubmitted() {
        Ends pipe = pipe();
        Recorder gone = new Recorder();
        Registration registration = poller.register(pipe.near, gone);
        registration.armRead(true);
        registration.armWrite();
        Recorder stays = armedRead(pipe().fill(1).near);
        registration.close();
        assertEquals(0, pipe.closeNear());
        Ends next = pipe().fill(1);
        Recorder unarmed = new Recorder();
        poller.register(next.near, unarmed);
        turn();
        assertEquals(1, count(Counters.CHANGES));
        assertEquals(List.of(), gone.calls);
        assertEquals(List.of(), unarmed.calls, "the next owner of the number was armed");
        assertEquals(List.of("read 1"), stays.calls);
    }

    @Test
    void aFullChangeArrayIsFlushed() {
        List<Recorder> handlers = new ArrayList<>();
        for (int i = 0; i < 11; i++) {
            handlers.add(armedRead(pipe().fill(i + 1).near));
        }
        assertEquals(2, count(Counters.KEVENTS), "4 + 4 flushed, 3 queued");
        while (turn() > 0) {
            assertTrue(count(Counters.KEVENTS) < 10);
        }
        assertEquals(11, count(Counters.CHANGES));
        for (int i = 0; i < 11; i++) {
            assertEquals(List.of("read " + (i + 1)), handlers.get(i).calls);
        }
    }

    @Test
    void aFullEventArrayIsPolledAgain() {
        for (int i = 0; i < 10; i++) {
            armedRead(pipe().fill(1).near);
        }
        List<Integer> batches = new ArrayList<>();
        for (int n = turn(); n > 0; n = turn()) {
            batches.add(n);
        }
        assertEquals(List.of(4, 4, 2), batches);
    }

    @Test
    void aClosedDescriptorUnderALiveRegistrationReachesItsOwner() {
        Ends pipe = pipe();
        Recorder bad = armedRead(pipe.near);
        Recorder good = armedRead(pipe().fill(1).near);
        assertEquals(0, pipe.closeNear());
        turn();
        turn();
        assertEquals(List.of("error kevent(EVFILT_READ) " + Constants.EBADF), bad.calls);
        assertEquals(List.of("read 1"), good.calls);
    }

    /** kqueue.md E.72; what the kernel calls it is PollerFaultTest's matter. */
    @Test
    void aPipeWithoutAReaderIsWritable() {
        Ends pipe = pipe();
        assertEquals(0, pipe.closeNear());
        Recorder handler = new Recorder();
        poller.register(pipe.far, handler).armWrite();
        turn();
        assertEquals(1, handler.calls.size());
        assertTrue(handler.calls.get(0).startsWith("write eof"), handler.calls::toString);
    }

    /** kqueue.md E.119. */
    @Test
    void ourOwnShutdownDoesNotSpin() {
        Recorder handler = new Recorder();
        Ends sockets = sockets();
        Registration registration = poller.register(sockets.near, handler);
        registration.armRead(true);
        registration.armWrite();
        turn();
        assertEquals(0, SocketCalls.shutdown(sockets.near, false, true));
        assertEquals(0, poller.fetch(TimeUnit.MILLISECONDS.toNanos(100)));
        registration.armWrite();
        turn();
        assertEquals(List.of("write", "write eof"), handler.calls);
        assertEquals(0, poller.fetch(TimeUnit.MILLISECONDS.toNanos(100)));
    }

    @Test
    void aHandlerMayCloseItselfBetweenItsTwoEvents() {
        Ends sockets = sockets().fill(1);
        Registration[] self = new Registration[1];
        Recorder handler = new Recorder(() -> self[0].close());
        self[0] = poller.register(sockets.near, handler);
        self[0].armRead(true);
        self[0].armWrite();
        assertEquals(2, poller.fetch(0));
        assertEquals(1, poller.dispatch());
        assertEquals(1, handler.calls.size(), handler.calls::toString);
        assertEquals(0, poller.registrations());
    }

    @Test
    void aHandlerThatThrowsLosesNoOtherEvent() {
        List<Recorder> handlers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Recorder handler = new Recorder(() -> {
                throw new IllegalArgumentException("thrown by a handler");
            });
            handlers.add(handler);
            poller.register(pipe().fill(1).near, handler).armRead(true);
        }
        assertEquals(3, poller.fetch(0));
        for (int left = 2; left >= 0; left--) {
            assertThrows(IllegalArgumentException.class, poller::dispatch);
            long calls = count(Counters.KEVENTS);
            assertEquals(left, poller.fetch(left > 0 ? -1 : 0), "those not delivered come first");
            assertEquals(left > 0 ? calls : calls + 1, count(Counters.KEVENTS));
        }
        handlers.forEach(handler -> assertEquals(List.of("read 1"), handler.calls));
    }

    @Test
    void deregisteringLeavesTheDescriptorToItsOwner() throws IOException {
        Ends sockets = sockets();
        Recorder handler = new Recorder();
        Registration registration = poller.register(sockets.near, handler);
        registration.armRead(true);
        registration.armWrite();
        turn();
        handler.calls.clear();
        registration.deregister();
        registration.deregister();
        registration.armRead(true);
        registration.armWrite();
        sockets.fill(1);
        turn();
        assertEquals(List.of(), handler.calls);
        assertEquals(0, count(Counters.STALE_EVENTS), "its filter is still on");
        Recorder again = armedRead(sockets.near);
        turn();
        assertEquals(List.of("read 1"), again.calls);
        assertEquals(1, sockets.drain());
    }

    @Test
    void waitsUntilTheDeadline() {
        long start = System.nanoTime();
        assertEquals(0, poller.fetch(TimeUnit.MILLISECONDS.toNanos(20)));
        long waited = System.nanoTime() - start;
        assertTrue(waited >= TimeUnit.MILLISECONDS.toNanos(20), waited + " ns");
        assertEquals(1, count(Counters.EMPTY_POLLS));
        assertEquals(0, poller.fetch(0));
        assertEquals(2, count(Counters.EMPTY_POLLS));
    }

    @Test
    void takesNoCapacityAKernelCallCannotCarry() {
        for (int capacity : new int[] {Integer.MIN_VALUE, -1, 0, Poller.MAX_CAPACITY + 1, Integer.MAX_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> new Poller(capacity, false), () -> "capacity " + capacity);
        }
        assertThrows(IllegalArgumentException.class, () -> poller.register(-1, new Recorder()));
        assertEquals(0, poller.registrations());
    }

    @Test
    void carriesItsLargestCapacityInOneCall() throws IOException {
        Poller large = new Poller(Poller.MAX_CAPACITY, false);
        large.open();
        Recorder handler = new Recorder();
        for (int i = 0; i < Poller.MAX_CAPACITY; i++) {
            large.register(Integer.MAX_VALUE - i, handler).armRead(true);
        }
        assertEquals(Poller.MAX_CAPACITY, large.fetch(0));
        assertEquals(Poller.MAX_CAPACITY, large.dispatch());
        assertEquals(1, large.counters().get(Counters.KEVENTS));
        assertEquals(Poller.MAX_CAPACITY, handler.calls.size());
        assertEquals("error kevent(EVFILT_READ) " + Constants.EBADF, handler.calls.get(0));
        large.close();
    }

    @Test
    void openAndCloseMayBeRepeated() throws IOException {
        poller.open();
        Registration registration = poller.register(pipe().near, new Recorder());
        registration.armRead(true);
        poller.close();
        assertFalse(poller.isOpen());
        assertFalse(registration.isValid());
        assertEquals(0, poller.registrations());
        registration.armWrite();
        registration.close();
        registration.deregister();
        poller.close();
        assertSame(poller.counters(), registration.counters());
    }
}
