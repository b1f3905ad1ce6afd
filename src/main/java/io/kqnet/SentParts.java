package io.kqnet;

/** How the bytes that one {@code sendfile(2)} moved fall on what it was given: the headers first, then the file, then the trailers. */
final class SentParts {
    final long headers;
    final long file;
    final long trailers;

    /**
     * Splits a count.
     *
     * @param moved what the call reported
     * @param headerBytes offered before the file
     * @param fileBytes offered of the file
     */
    SentParts(long moved, long headerBytes, long fileBytes) {
        headers = Math.min(moved, headerBytes);
        file = Math.min(moved - headers, fileBytes);
        trailers = moved - headers - file;
    }
}
