package io.kqnet.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import io.kqnet.support.OpenFds;
import io.kqnet.sys.Constants;
import io.kqnet.sys.SocketCalls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A poller gets a new kqueue, this machine's; with both kinds of wakeup. */
@Timeout(60)
class PollerRebuildTest {
    private final Spy kernel = new Spy();

    /** The real kernel, listened to for the kqueue's number. */
    private static final class Spy implements Kernel {
        int kq;
        boolean userEvents = true;

        @Override
        public int kqueue() {
            kq = Kernel.super.kqueue();
            return kq;
        }

        /** Only the wakeup changes a kqueue this way while these tests run. */
        @Override
        public int change(int kq, long changes, int nchanges) {
            return userEvents ? Kernel.super.change(kq, changes, nchanges) : refuseUserEvents(kq, changes, nchanges);
        }

        private int refuseUserEvents(int kq, long changes, int nchanges) {
            FakeKernel.Record record = FakeKernel.Record.read(changes);
            return record.filter == Constants.EVFILT_USER ? 1 : Kernel.super.change(kq, changes, nchanges);
        }
    }

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    private Poller open(boolean pipe) throws IOException {
        kernel.userEvents = !pipe;
        Poller poller = new Poller(kernel, 4, false);
        poller.open();
        assertEquals(pipe, poller.wakeup().pipeRead() >= 0);
        return poller;
    }

    private static void assertWakes(Poller poller) throws InterruptedException {
        while (poller.fetch(0) > 0) {
            poller.dispatch();
        }
        assertTrue(poller.wakeup().beginSleep(Deadline.NONE));
        Thread waker = new Thread(poller.wakeup()::wake);
        waker.start();
        assertEquals(1, poller.fetch(-1));
        poller.wakeup().endSleep();
        assertEquals(0, poller.dispatch());
        waker.join();
    }

    /** More registrations than the change array holds. */
    private static List<Recorder> armedPipes(Poller poller, List<Ends> pipes) {
        List<Recorder> handlers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            Ends pipe = Ends.pipe();
            pipes.add(pipe);
            Recorder handler = new Recorder(pipe::drain);
            handlers.add(handler);
            Registration registration = poller.register(pipe.near, handler);
            registration.armRead(true);
        }
        return handlers;
    }

    private static void assertAllReadable(Poller poller, List<Ends> pipes, List<Recorder> handlers) {
        pipes.forEach(pipe -> pipe.fill(1));
        handlers.forEach(handler -> handler.calls.clear());
        for (int n = poller.fetch(0); n > 0; n = poller.fetch(0)) {
            poller.dispatch();
        }
        handlers.forEach(handler -> assertEquals(List.of("read 1"), handler.calls));
    }

    @ParameterizedTest(name = "pipe {0}")
    @ValueSource(booleans = {false, true})
    void addsEverythingAgainAndLeaksNothing(boolean pipe) throws Exception {
        OpenFds open = OpenFds.now();
        Poller poller = open(pipe);
        List<Ends> pipes = new ArrayList<>();
        List<Recorder> handlers = armedPipes(poller, pipes);
        OpenFds opened = OpenFds.now();
        for (int i = 1; i <= 5; i++) {
            poller.rebuild();
            opened.awaitNoneLeft();
            assertAllReadable(poller, pipes, handlers);
            assertWakes(poller);
            assertEquals(i, poller.counters().get(Counters.REBUILDS));
        }
        poller.rebuild();
        poller.rebuild();
        opened.awaitNoneLeft();
        poller.close();
        pipes.forEach(Ends::close);
        open.awaitNoneLeft();
    }

    @ParameterizedTest(name = "pipe {0}")
    @ValueSource(booleans = {false, true})
    void aKqueueThatTurnedBadIsReplaced(boolean pipe) throws Exception {
        OpenFds open = OpenFds.now();
        Poller poller = open(pipe);
        List<Ends> pipes = new ArrayList<>();
        List<Recorder> handlers = armedPipes(poller, pipes);
        poller.fetch(0);
        assertEquals(0, SocketCalls.close(kernel.kq));
        assertEquals(0, poller.fetch(-1), "a sleep on a bad kqueue");
        assertEquals(1, poller.counters().get(Counters.REBUILDS));
        assertAllReadable(poller, pipes, handlers);
        assertWakes(poller);
        poller.close();
        pipes.forEach(Ends::close);
        open.awaitNoneLeft();
    }

    /** As in a process image where every kqueue has gone and the numbers are handed out anew, in another order. */
    @ParameterizedTest(name = "pipe {0}")
    @ValueSource(booleans = {false, true})
    void anotherPollersKqueueUnderTheOldNumberIsNotClosed(boolean pipe) throws Exception {
        OpenFds open = OpenFds.now();
        Poller first = open(pipe);
        int firstNumber = kernel.kq;
        Poller second = open(pipe);
        int secondNumber = kernel.kq;
        first.fetch(0);
        second.fetch(0);
        assertEquals(0, SocketCalls.close(firstNumber));
        assertEquals(0, SocketCalls.close(secondNumber));
        second.rebuild();
        assertEquals(firstNumber, kernel.kq, "the second poller was to get the first one's number");
        first.rebuild();
        Ends pipeOfSecond = Ends.pipe().fill(1);
        Recorder handler = new Recorder();
        second.register(pipeOfSecond.near, handler).armRead(true);
        second.fetch(0);
        second.dispatch();
        assertEquals(List.of("read 1"), handler.calls);
        assertEquals(1, second.counters().get(Counters.REBUILDS), "its kqueue was closed");
        assertWakes(first);
        assertWakes(second);
        first.close();
        second.close();
        pipeOfSecond.close();
        open.awaitNoneLeft();
    }

    @ParameterizedTest(name = "pipe {0}")
    @ValueSource(booleans = {false, true})
    void eventsFetchedBeforeStillReachTheirOwners(boolean pipe) throws Exception {
        Poller poller = open(pipe);
        Ends ends = Ends.pipe().fill(2);
        Recorder handler = new Recorder();
        poller.register(ends.near, handler).armRead(true);
        assertEquals(1, poller.fetch(0));
        poller.rebuild();
        assertEquals(1, poller.dispatch());
        assertEquals(List.of("read 2"), handler.calls);
        poller.fetch(0);
        poller.dispatch();
        assertEquals(List.of("read 2", "read 2"), handler.calls, "what may have been missed is told again");
        poller.close();
        ends.close();
    }
}
