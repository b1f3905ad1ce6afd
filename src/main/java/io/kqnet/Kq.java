package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.FastOpenCalls;
import io.kqnet.sys.KqueueCalls;
import io.kqnet.sys.NativeLibrary;
import io.kqnet.sys.Platform;
import io.kqnet.sys.SocketCalls;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

/** Tells whether this transport works here. Thread safe. */
public final class Kq {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Kq.class);
    private static final Throwable UNAVAILABILITY_CAUSE = load();

    private Kq() {
    }

    private static Throwable load() {
        if (Boolean.getBoolean("io.netty.transport.noNative")) {
            return new UnsupportedOperationException("native transports are disabled by -Dio.netty.transport.noNative=true");
        }
        try {
            NativeLibrary.load();
            SocketCalls.close(Errno.check("kqueue", KqueueCalls.kqueue()));
            return null;
        } catch (Throwable cause) {
            LOGGER.debug("kqueue transport is not available: {}", cause.toString());
            return cause;
        }
    }

    /** Never throws and logs nothing above debug. */
    public static boolean isAvailable() {
        return UNAVAILABILITY_CAUSE == null;
    }

    /**
     * Returns if {@link #isAvailable()}.
     *
     * @throws UnsatisfiedLinkError otherwise; its cause says what to do
     */
    public static void ensureAvailability() {
        if (UNAVAILABILITY_CAUSE != null) {
            throw (Error) new UnsatisfiedLinkError("the kqueue transport is not available: " + UNAVAILABILITY_CAUSE.getMessage())
                    .initCause(UNAVAILABILITY_CAUSE);
        }
    }

    /** Why not, or null if it is available. The message says what to do about it. */
    public static Throwable unavailabilityCause() {
        return UNAVAILABILITY_CAUSE;
    }

    /** The release of this transport; works also where the transport itself does not. */
    public static String version() {
        return NativeLibrary.version();
    }

    /**
     * Whether the system sends data with the SYN of a connect with {@code ChannelOption.TCP_FASTOPEN_CONNECT}; asked each time, as an
     * administrator can turn it on and off. False also if the transport is not available.
     */
    public static boolean isTcpFastOpenClientSideAvailable() {
        return isAvailable() && (FastOpenCalls.enabled() & Constants.FASTOPEN_CLIENT) != 0;
    }

    /** Whether the system takes data with the SYN on a listener with {@code ChannelOption.TCP_FASTOPEN}; otherwise as the client's side. */
    public static boolean isTcpFastOpenServerSideAvailable() {
        return isAvailable() && (FastOpenCalls.enabled() & Constants.FASTOPEN_SERVER) != 0;
    }

    /**
     * What this transport runs on: kernel name and release, or {@code Linux emulation}.
     *
     * @throws UnsatisfiedLinkError if it is not available
     */
    public static String platform() {
        ensureAvailability();
        return Platform.name();
    }
}
