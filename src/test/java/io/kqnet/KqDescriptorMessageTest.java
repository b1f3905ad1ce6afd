package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.OpenFds;
import io.kqnet.sys.Constants;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.SocketCalls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.IllegalReferenceCountException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who owns the descriptors of a message. */
class KqDescriptorMessageTest {
    /** Read and write end. */
    private static int[] pipe() {
        Kq.ensureAvailability();
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, IoCalls.pipe(ends.address()));
        return new int[] {ends.buffer().getInt(0), ends.buffer().getInt(Integer.BYTES)};
    }

    private static List<FileDescriptor> owned(int... numbers) {
        List<FileDescriptor> descriptors = new ArrayList<>();
        for (int number : numbers) {
            descriptors.add(KqDescriptorMessage.descriptor(number));
        }
        return descriptors;
    }

    @Test
    void lastReleaseClosesWhatWasNotTaken() throws Exception {
        OpenFds open = OpenFds.now();
        int[] pipe = pipe();
        KqDescriptorMessage message = new KqDescriptorMessage(Bytes.direct(new byte[1]), owned(pipe[0]));
        ByteBuf content = message.content();
        message.retain();
        message.release();
        assertTrue(message.descriptors().get(0).isOpen());
        message.release();
        assertEquals(0, content.refCnt());
        assertEquals(-Constants.EBADF, SocketCalls.close(pipe[0]));
        assertThrows(IllegalReferenceCountException.class, message::content);
        assertThrows(IllegalReferenceCountException.class, message::takeDescriptors);
        KqDescriptorMessage other = new KqDescriptorMessage(Unpooled.EMPTY_BUFFER, owned(pipe[1]));
        List<FileDescriptor> taken = other.takeDescriptors();
        other.release();
        assertTrue(taken.get(0).isOpen());
        taken.get(0).close();
        open.awaitNoneLeft();
    }

    @Test
    void copiesHaveTheContentOnlyAndReplaceMovesTheDescriptors() throws Exception {
        OpenFds open = OpenFds.now();
        KqDescriptorMessage message = new KqDescriptorMessage(Bytes.direct(new byte[] {1, 2}), owned(pipe()));
        message.copy().release();
        message.retainedDuplicate().release();
        assertEquals(2, message.duplicate().content().readableBytes());
        KqDescriptorMessage replaced = message.replace(Bytes.direct(new byte[] {3}));
        assertEquals(List.of(), message.descriptors());
        assertEquals(2, replaced.descriptors().size());
        message.release();
        replaced.release();
        open.awaitNoneLeft();
    }

    @Test
    void nettysDescriptorIsClosedWithoutNettysLibrary() throws Exception {
        OpenFds open = OpenFds.now();
        int[] pipe = pipe();
        new KqDescriptorMessage(Unpooled.EMPTY_BUFFER, List.of(new FileDescriptor(pipe[0]), new FileDescriptor(pipe[1]))).release();
        open.awaitNoneLeft();
    }
}
