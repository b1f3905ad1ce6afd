package io.kqnet.sys;

/** What the loaded library says about itself; natives of {@code kq_platform.c}. */
public final class Platform {
    private static final int TEXT_MAX = 256;

    private Platform() {
    }

    static native int abiVersion();

    static native int version(long address, int capacity);

    static native long constant(String name);

    static native int errnoName(int errno, long address, int capacity);

    static native int errnoText(int errno, long address, int capacity);

    /**
     * Makes the emulation behave like another kernel from now on, for the whole process (its {@code DIFFERENCES.md} lists the switches): for
     * tests. {@code -ENOSYS} on a real kernel, {@code -EINVAL} for a switch there is not.
     */
    public static native int emulate(String name, boolean on);

    static native int name(long address, int capacity);

    /** Kernel name and release the library runs on, such as {@code FreeBSD 14.1-RELEASE}, or {@code Linux emulation}. */
    public static String name() {
        Memory memory = new Memory(TEXT_MAX);
        return memory.text(0, name(memory.address(), TEXT_MAX));
    }

    /** The release the library belongs to. */
    static String version() {
        Memory memory = new Memory(TEXT_MAX);
        return memory.text(0, version(memory.address(), TEXT_MAX));
    }

    static String errnoName(int errno) {
        Memory memory = new Memory(TEXT_MAX);
        return memory.text(0, errnoName(errno, memory.address(), TEXT_MAX));
    }

    static String errnoText(int errno) {
        Memory memory = new Memory(TEXT_MAX);
        return memory.text(0, errnoText(errno, memory.address(), TEXT_MAX));
    }
}
