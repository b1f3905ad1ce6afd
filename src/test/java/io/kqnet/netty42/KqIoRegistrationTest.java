package io.kqnet.netty42;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.netty42.TestExecutor.Context;
import io.kqnet.support.OpenFds;
import io.kqnet.sys.Constants;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handles come and go, also from other threads and in the middle of a batch. */
@Timeout(60)
class KqIoRegistrationTest {
    private final List<PipeHandle> pipes = new ArrayList<>();
    private TestExecutor executor;
    private OpenFds open;
    private IoHandler handler;

    /** Some other transport's. */
    @SuppressWarnings("try") // close() is IoHandle's and throws Exception
    static final class ForeignHandle implements IoHandle {
        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            throw new AssertionError("got " + event);
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }

    @BeforeEach
    void make() {
        open = OpenFds.now();
        executor = new TestExecutor();
        handler = KqIoHandler.newFactory().newHandler(executor);
        handler.initialize();
    }

    @AfterEach
    void leavesNoDescriptor() throws InterruptedException {
        handler.prepareToDestroy();
        handler.destroy();
        pipes.forEach(PipeHandle::closeEnds);
        open.awaitNoneLeft();
    }

    private PipeHandle pipe() {
        PipeHandle pipe = new PipeHandle();
        pipes.add(pipe);
        return pipe;
    }

    private IoRegistration watch(PipeHandle pipe) throws Exception {
        IoRegistration registration = handler.register(pipe);
        assertEquals(1, pipe.registered.get(), "registered() comes before register() returns");
        assertTrue(registration.submit(KqIoOps.READ) >= 0);
        return registration;
    }

    private int turn() {
        return handler.run(Context.blocking(false));
    }

    @Test
    void servesAUsersOwnHandle() throws Exception {
        PipeHandle pipe = pipe();
        IoRegistration registration = watch(pipe);
        assertEquals(0, turn());
        pipe.fill(3);
        assertEquals(1, turn());
        assertEquals(0, turn());
        pipe.fill(1);
        assertEquals(1, turn());
        assertEquals(List.of("READ 3", "READ 1"), pipe.events);
        assertNotNull(registration.attachment());
        assertTrue(registration.isValid());
    }

    @Test
    void tellsTheHandleWhichFilterWasRefused() throws Exception {
        PipeHandle pipe = pipe();
        watch(pipe);
        pipe.closeRead();
        assertEquals(1, turn());
        assertEquals(List.of("kevent(EVFILT_READ) failed " + Constants.EBADF), pipe.events);
    }

    @Test
    void takesNoHandleAndNoOpsOfOthers() throws Exception {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> handler.register(new ForeignHandle()));
        assertTrue(e.getMessage().startsWith("not a KqIoHandle: "), e.getMessage());
        IoRegistration registration = handler.register(pipe());
        assertThrows(IllegalArgumentException.class, () -> registration.submit(new IoOps() { }));
        assertThrows(IllegalArgumentException.class, () -> registration.submit(null));
        assertTrue(registration.isValid());
    }

    @Test
    void cancelIsTrueOnceAndUnregistersOnce() throws Exception {
        PipeHandle pipe = pipe();
        IoRegistration registration = watch(pipe);
        assertTrue(registration.cancel());
        assertFalse(registration.cancel());
        assertFalse(registration.isValid());
        assertEquals(1, pipe.unregistered.get());
        pipe.fill(1);
        assertEquals(0, turn());
        assertEquals(List.of(), pipe.events);
        handler.prepareToDestroy();
        assertEquals(1, pipe.unregistered.get());
        assertEquals(0, pipe.closed.get(), "not the handler's any more");
    }

    @Test
    void cancelElsewhereHoldsAtOnce() throws Exception {
        PipeHandle pipe = pipe().fill(1);
        IoRegistration registration = watch(pipe);
        TestExecutor.elsewhere(() -> {
            assertTrue(registration.cancel());
            assertFalse(registration.cancel());
        });
        assertFalse(registration.isValid());
        assertEquals(-1, registration.submit(KqIoOps.READ));
        turn();
        assertEquals(List.of(), pipe.events, "an event after cancel");
        assertEquals(0, pipe.unregistered.get(), "unregistered() belongs to the executor's thread");
        assertEquals(1, executor.runTasks());
        assertEquals(1, pipe.unregistered.get());
        assertFalse(registration.cancel());
        assertEquals(0, executor.runTasks());
    }

    @Test
    void cancelInTheMiddleOfABatchDropsWhatWasFetched() throws Exception {
        PipeHandle first = pipe();
        PipeHandle second = pipe();
        IoRegistration[] registrations = {watch(first), watch(second)};
        first.reaction = () -> registrations[1].cancel();
        second.reaction = () -> registrations[0].cancel();
        first.fill(1);
        second.fill(1);
        assertEquals(1, turn());
        assertEquals(1, first.events.size() + second.events.size());
        assertEquals(1, first.unregistered.get() + second.unregistered.get());
    }

    @Test
    void aHandleMayCancelItself() throws Exception {
        PipeHandle pipe = pipe();
        IoRegistration registration = watch(pipe);
        pipe.reaction = () -> {
            assertTrue(registration.cancel());
            pipe.closeEnds();
        };
        pipe.fill(1);
        assertEquals(1, turn());
        assertEquals(1, pipe.unregistered.get());
        assertEquals(0, turn());
    }

    @Test
    void submitElsewhereTakesEffectAsATask() throws Exception {
        PipeHandle pipe = pipe().fill(1);
        IoRegistration registration = handler.register(pipe);
        TestExecutor.elsewhere(() -> assertTrue(registration.submit(KqIoOps.READ) >= 0));
        assertEquals(0, turn());
        assertEquals(1, executor.runTasks());
        assertEquals(1, turn());
        assertEquals(List.of("READ 1"), pipe.events);
    }

    @Test
    void aSubmitThatComesAfterTheCancelTouchesNoReusedNumber() throws Exception {
        PipeHandle gone = pipe();
        IoRegistration registration = handler.register(gone);
        TestExecutor.elsewhere(() -> {
            registration.submit(KqIoOps.READ);
            registration.submit(KqIoOps.WRITE);
        });
        assertTrue(registration.cancel());
        assertEquals(-1, registration.submit(KqIoOps.READ));
        int number = gone.fd();
        gone.closeEnds();
        PipeHandle next = pipe().fill(1);
        assertEquals(number, next.fd(), "the number was to be reused");
        IoRegistration unarmed = handler.register(next);
        executor.runTasks();
        assertEquals(0, turn());
        assertEquals(List.of(), next.events);
        unarmed.submit(KqIoOps.READ);
        assertEquals(1, turn());
        assertEquals(List.of(), gone.events);
    }

    @Test
    void closesAndUnregistersEveryHandleOnDestruction() throws Exception {
        List<PipeHandle> all = new ArrayList<>();
        List<IoRegistration> registrations = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            PipeHandle pipe = pipe();
            all.add(pipe);
            registrations.add(watch(pipe));
        }
        AtomicInteger late = new AtomicInteger();
        // The first closes others, the second brings a new one.
        all.get(0).onClose = () -> registrations.forEach(IoRegistration::cancel);
        all.get(1).onClose = () -> {
            if (late.getAndIncrement() == 0) {
                all.add(pipe());
                registerUnchecked(all.get(10));
            }
        };
        for (int i = 0; i < 3; i++) {
            handler.prepareToDestroy();
            turn();
        }
        assertEquals(11, all.size());
        for (PipeHandle pipe : all) {
            assertEquals(1, pipe.unregistered.get());
            assertEquals(1, pipe.closed.get());
        }
    }

    private void registerUnchecked(PipeHandle pipe) {
        try {
            handler.register(pipe);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aHandleThatThrowsOnCloseDoesNotSpareTheOthers() throws Exception {
        for (int i = 0; i < 3; i++) {
            PipeHandle pipe = pipe();
            pipe.onClose = () -> {
                throw new IllegalStateException("thrown by close()");
            };
            watch(pipe);
        }
        handler.prepareToDestroy();
        for (PipeHandle pipe : pipes) {
            assertEquals(1, pipe.closed.get());
            assertEquals(1, pipe.unregistered.get());
        }
    }

    @Test
    void aHandleThatThrowsDelaysTheOthersByOneRun() throws Exception {
        for (int i = 0; i < 3; i++) {
            PipeHandle pipe = pipe().fill(1);
            pipe.reaction = () -> {
                throw new IllegalStateException("thrown by a handle");
            };
            watch(pipe);
        }
        for (int i = 0; i < 3; i++) {
            assertEquals(0, handler.run(Context.blocking(true)), "blocked before the batch was done");
        }
        pipes.forEach(pipe -> assertEquals(1, pipe.events.size()));
    }
}
