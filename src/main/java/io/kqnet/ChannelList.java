package io.kqnet;

import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** The channels of one loop, in no particular order. Belongs to the loop's thread. */
final class ChannelList implements Iterable<Channel> {
    private final List<Entry> entries = new ArrayList<>();

    Entry add(KqDescriptorOwner owner) {
        Entry entry = new Entry(owner, entries.size());
        entries.add(entry);
        return entry;
    }

    /** The last entry takes the place that becomes free. */
    void remove(Entry entry) {
        Entry last = entries.remove(entries.size() - 1);
        if (last != entry) {
            entries.set(entry.index, last);
            last.index = entry.index;
        }
    }

    int size() {
        return entries.size();
    }

    /** A copy, so that closing one may change the list. */
    List<KqDescriptorOwner> owners() {
        List<KqDescriptorOwner> owners = new ArrayList<>(entries.size());
        for (Entry entry : entries) {
            owners.add(entry.owner);
        }
        return owners;
    }

    /** Walks the channels present now. */
    @Override
    public Iterator<Channel> iterator() {
        Iterator<KqDescriptorOwner> owners = owners().iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return owners.hasNext();
            }

            @Override
            public Channel next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return owners.next().channel();
            }
        };
    }

    /** A channel's place in the list. */
    static final class Entry {
        private final KqDescriptorOwner owner;
        private int index;

        private Entry(KqDescriptorOwner owner, int index) {
            this.owner = owner;
            this.index = index;
        }
    }
}
