package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SentPartsTest {
    /** What counting byte by byte says, for every count and every size of the parts. */
    @Test
    void everyByteIsCountedOnceAndInOrder() {
        for (int headers = 0; headers <= 5; headers++) {
            for (int file = 0; file <= 5; file++) {
                for (int trailers = 0; trailers <= 5; trailers++) {
                    for (int moved = 0; moved <= headers + file + trailers; moved++) {
                        int[] counts = new int[3];
                        for (int i = 0; i < moved; i++) {
                            counts[i < headers ? 0 : i < headers + file ? 1 : 2]++;
                        }
                        SentParts parts = new SentParts(moved, headers, file);
                        assertEquals(counts[0], parts.headers);
                        assertEquals(counts[1], parts.file);
                        assertEquals(counts[2], parts.trailers);
                    }
                }
            }
        }
    }

    @Test
    void filesOfMoreThanTwoGigabytesAreCounted() {
        long size = 5L << 30;
        SentParts parts = new SentParts(100 + size + 7, 100, size);
        assertEquals(100, parts.headers);
        assertEquals(size, parts.file);
        assertEquals(7, parts.trailers);
    }
}
