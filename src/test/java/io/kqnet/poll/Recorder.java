package io.kqnet.poll;

import java.util.ArrayList;
import java.util.List;

/** A handler that notes what it is told, and does something more if asked to. */
final class Recorder implements ReadyHandler {
    /** Such as {@code read 3}, {@code read 0 eof 104}, {@code write}, {@code error kevent(EVFILT_READ) 9}. */
    final List<String> calls = new ArrayList<>();
    private final Runnable reaction;

    Recorder() {
        this(() -> { });
    }

    Recorder(Runnable reaction) {
        this.reaction = reaction;
    }

    @Override
    public void onReadable(long data, boolean eof, int errno) {
        calls.add("read " + data + ending(eof, errno));
        reaction.run();
    }

    @Override
    public void onWritable(boolean eof, int errno) {
        calls.add("write" + ending(eof, errno));
        reaction.run();
    }

    @Override
    public void onOutOfBand() {
        calls.add("urgent");
        reaction.run();
    }

    @Override
    public void onError(String call, int errno) {
        calls.add("error " + call + ' ' + errno);
        reaction.run();
    }

    private static String ending(boolean eof, int errno) {
        return (eof ? " eof" : "") + (errno == 0 ? "" : " " + errno);
    }
}
