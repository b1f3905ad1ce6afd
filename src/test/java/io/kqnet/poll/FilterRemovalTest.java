package io.kqnet.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kqnet.Kq;
import io.kqnet.poll.FakeKernel.Record;
import io.kqnet.sys.Constants;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The filters beside the two that every channel has: a WRITE filter that does not stop, the optional READ, EXCEPT. */
@Timeout(60)
class FilterRemovalTest {
    private final FakeKernel kernel = new FakeKernel();
    private final Recorder handler = new Recorder();
    private Poller poller;
    private Registration registration;

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    @BeforeEach
    void open() throws IOException {
        poller = new Poller(kernel, 4, false);
        poller.open();
        kernel.submitted.clear();
        registration = poller.register(7, handler);
    }

    /** One turn in which the filter fires. */
    private void fire(int filter) {
        kernel.answers.add(Record.of(registration, filter, 0, 0, 0));
        turn();
    }

    private void refuse(int filter, int errno) {
        kernel.answers.add(Record.error(registration, filter, errno));
        turn();
    }

    private void turn() {
        poller.fetch(0);
        poller.dispatch();
    }

    /** What was asked for since the last time, of WRITE. */
    private String writes() {
        String text = kernel.submitted.stream().filter(change -> change.filter == Constants.EVFILT_WRITE)
                .map(change -> (change.flags & Constants.EV_DELETE) != 0 ? "delete" : "add").collect(Collectors.joining(" "));
        kernel.submitted.clear();
        return text;
    }

    @Test
    void writeFilterThatFiresAgainWithNothingToWriteIsDeletedOnce() {
        registration.armWrite();
        fire(Constants.EVFILT_WRITE);
        assertEquals("add", writes());
        fire(Constants.EVFILT_WRITE);
        turn();
        turn();
        assertEquals("delete", writes());
        fire(Constants.EVFILT_WRITE);
        turn();
        assertEquals("", writes(), "it is deleted already");
        assertEquals(List.of("write"), handler.calls);
        registration.armWrite();
        fire(Constants.EVFILT_WRITE);
        assertEquals("add", writes());
        assertEquals(List.of("write", "write"), handler.calls);
    }

    @Test
    void writeFilterThatWasForgottenMayFireOnce() {
        registration.armWrite();
        turn();
        registration.forgetWrite();
        fire(Constants.EVFILT_WRITE);
        turn();
        assertEquals("add", writes());
        assertEquals(List.of(), handler.calls);
    }

    @Test
    void armingTakesAWaitingDeleteBack() {
        registration.armWrite();
        fire(Constants.EVFILT_WRITE);
        fire(Constants.EVFILT_WRITE);
        registration.armWrite();
        turn();
        assertEquals("add add", writes());
        fire(Constants.EVFILT_WRITE);
        assertEquals(List.of("write", "write"), handler.calls);
    }

    @Test
    void deleteThatFindsNothingIsNoError() {
        registration.armWrite();
        fire(Constants.EVFILT_WRITE);
        fire(Constants.EVFILT_WRITE);
        poller.fetch(0);
        registration.armWrite();
        refuse(Constants.EVFILT_WRITE, Constants.ENOENT);
        assertTrue(registration.isWriteArmed(), "what was armed since the delete was forgotten");
        assertEquals(List.of("write"), handler.calls);
    }

    @Test
    void waitingDeleteGoesWithItsDescriptor() {
        registration.armWrite();
        fire(Constants.EVFILT_WRITE);
        fire(Constants.EVFILT_WRITE);
        registration.close();
        turn();
        assertEquals("add", writes());
    }

    @Test
    void deregisteringMakesUpForAWaitingDelete() throws IOException {
        registration.armWrite();
        fire(Constants.EVFILT_WRITE);
        fire(Constants.EVFILT_WRITE);
        writes();
        registration.deregister();
        assertEquals("delete", writes());
    }

    @Test
    void readFilterThatOnlyWatchesMayBeRefused() {
        registration.armHangup();
        refuse(Constants.EVFILT_READ, Constants.EINVAL);
        assertEquals(List.of(), handler.calls);
        Registration other = poller.register(8, handler);
        other.armHangup();
        kernel.answers.add(Record.of(other, Constants.EVFILT_READ, Constants.EV_EOF, 0, 0));
        turn();
        assertEquals(List.of("read 0 eof"), handler.calls);
    }

    @Test
    void exceptFilterIsArmedOnceAndToldApart() {
        assumeTrue(Constants.EVFILT_EXCEPT != Constants.ABSENT, "this kernel has no EVFILT_EXCEPT");
        registration.armOutOfBand();
        registration.armOutOfBand();
        turn();
        assertEquals(1, kernel.submissions(7, Constants.EVFILT_EXCEPT));
        Record change = kernel.submitted.get(0);
        assertEquals(Constants.EV_ADD | Constants.EV_CLEAR, change.flags);
        assertEquals(Constants.NOTE_OOB, change.fflags);
        fire(Constants.EVFILT_EXCEPT);
        assertEquals(List.of("urgent"), handler.calls);
        registration.armWrite();
        turn();
        poller.rebuild();
        turn();
        assertEquals(2, kernel.submissions(7, Constants.EVFILT_EXCEPT), "lost by the rebuild");
        registration.close();
        fire(Constants.EVFILT_EXCEPT);
        assertEquals(List.of("urgent"), handler.calls);
    }

    @Test
    void kernelWithoutTheExceptFilterIsNoError() {
        assumeTrue(Constants.EVFILT_EXCEPT != Constants.ABSENT, "this kernel has no EVFILT_EXCEPT");
        registration.armOutOfBand();
        refuse(Constants.EVFILT_EXCEPT, Constants.EINVAL);
        assertEquals(List.of(), handler.calls);
        registration.armOutOfBand();
        refuse(Constants.EVFILT_EXCEPT, Constants.ENOMEM);
        assertEquals(List.of("error kevent(EVFILT_EXCEPT) " + Constants.ENOMEM), handler.calls);
    }

    @Test
    void deregisteringDeletesAllThatIsThere() throws IOException {
        registration.armRead(true);
        registration.armWrite();
        registration.armOutOfBand();
        turn();
        kernel.submitted.clear();
        registration.deregister();
        int filters = Constants.EVFILT_EXCEPT == Constants.ABSENT ? 2 : 3;
        assertEquals(filters, kernel.submitted.stream().filter(change -> change.flags == Constants.EV_DELETE).count());
        assertFalse(registration.isValid());
    }

    @Test
    void siblingIsARegistrationOfItsOwn() {
        Recorder other = new Recorder();
        Registration sibling = registration.sibling(8, other);
        sibling.armRead(true);
        kernel.answers.add(Record.of(sibling, Constants.EVFILT_READ, 0, 0, 3));
        turn();
        assertEquals(List.of("read 3"), other.calls);
        registration.close();
        assertTrue(sibling.isValid());
        assertEquals(1, poller.registrations());
    }
}
