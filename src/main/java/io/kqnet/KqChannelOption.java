package io.kqnet;

import io.netty.channel.ChannelOption;

/**
 * Options beyond Netty's {@link ChannelOption} and {@link io.netty.channel.unix.UnixChannelOption}. Setting one that the running system does
 * not have throws {@link UnsupportedOperationException}, which names the system; {@code getOptions()} leaves it out.
 *
 * @param <T> type of the value
 */
public final class KqChannelOption<T> extends ChannelOption<T> {
    /** Bytes of room a send buffer must have before the kernel calls it writable; {@code setsockopt(2)} SO_SNDLOWAT. Linux refuses to set it. */
    public static final ChannelOption<Integer> SO_SNDLOWAT = option("SO_SNDLOWAT");
    /** Hold back partial frames until turned off or full: TCP_NOPUSH of the BSDs and macOS, {@code tcp(4)}; TCP_CORK on Linux. */
    public static final ChannelOption<Boolean> TCP_NOPUSH = option("TCP_NOPUSH");
    /** Accept filter of a listener, set by {@code bind} after {@code listen}; FreeBSD and NetBSD. */
    public static final ChannelOption<AcceptFilter> SO_ACCEPTFILTER = option("SO_ACCEPTFILTER");
    /** Several listeners on one port, the kernel spreading connections over them; FreeBSD 12 and later, {@code setsockopt(2)}. */
    public static final ChannelOption<Boolean> SO_REUSEPORT_LB = option("SO_REUSEPORT_LB");
    /** Leave urgent bytes in the stream, where they are ordinary data; {@code setsockopt(2)}. Then there is no {@link KqOutOfBandEvent}. */
    public static final ChannelOption<Boolean> SO_OOBINLINE = option("SO_OOBINLINE");
    /**
     * Tell of urgent bytes by {@link KqOutOfBandEvent}, which costs two system calls more per read. Default {@code false}: they are lost, as
     * everywhere with sockets that are not asked for them.
     */
    public static final ChannelOption<Boolean> OUT_OF_BAND_EVENTS = option("OUT_OF_BAND_EVENTS");
    /** Seconds of silence before the first keep-alive probe; {@code tcp(4)}, called TCP_KEEPALIVE on macOS. Not on OpenBSD. */
    public static final ChannelOption<Integer> TCP_KEEPIDLE = option("TCP_KEEPIDLE");
    /** Seconds between keep-alive probes; {@code tcp(4)}. Not on OpenBSD. */
    public static final ChannelOption<Integer> TCP_KEEPINTVL = option("TCP_KEEPINTVL");
    /** Unanswered keep-alive probes after which the connection is dropped; {@code tcp(4)}. Not on OpenBSD. */
    public static final ChannelOption<Integer> TCP_KEEPCNT = option("TCP_KEEPCNT");
    /**
     * Milliseconds that sent data may stay unacknowledged before the connection is dropped (RFC 5482): TCP_USER_TIMEOUT on Linux,
     * TCP_RXT_CONNDROPTIME on macOS, TCP_MAXUNACKTIME on FreeBSD; the latter two count whole seconds, a part counts as one.
     */
    public static final ChannelOption<Integer> TCP_USER_TIMEOUT = option("TCP_USER_TIMEOUT");
    /** Unsent bytes above which the socket is not writable; macOS {@code tcp(4)}, Linux {@code tcp(7)}. */
    public static final ChannelOption<Integer> TCP_NOTSENT_LOWAT = option("TCP_NOTSENT_LOWAT");
    /**
     * Make datagrams arrive with the address they were sent to ({@code recipient()}) and the interface they came in by
     * ({@link KqDatagramPacket#interfaceIndex()}): IP_RECVDSTADDR and IP_RECVIF, IP_PKTINFO or IPV6_RECVPKTINFO, whichever the system has;
     * {@code ip(4)}, RFC 3542.
     */
    public static final ChannelOption<Boolean> IP_RECVDSTADDR = option("IP_RECVDSTADDR");
    /** Make datagrams arrive with the time the kernel got them, {@link KqDatagramPacket#arrival()}, in microseconds; {@code setsockopt(2)}. */
    public static final ChannelOption<Boolean> SO_TIMESTAMP = option("SO_TIMESTAMP");
    /**
     * Datagrams received at most by one system call, 1 to 32; default 32. No more than the RecvByteBufAllocator's maxMessagesPerRead, and with
     * autoRead off one. Each has a buffer of its own, so memory is not held by a neighbour in the batch.
     */
    public static final ChannelOption<Integer> DATAGRAM_BATCH = option("DATAGRAM_BATCH");
    /**
     * Bits per second of a terminal or serial line, both directions; {@code cfsetspeed(3)}. Linux has only the speeds with a name. The TTY
     * options throw {@link io.netty.channel.ChannelException} with ENOTTY on other descriptors and with EINVAL for what the line cannot do.
     */
    public static final ChannelOption<Integer> TTY_SPEED = option("TTY_SPEED");
    /**
     * Bytes pass as they are: no lines, no echo, no signals; {@code cfmakeraw(3)}, except that the options below keep what they were set to.
     * Closing the channel restores the modes it found.
     */
    public static final ChannelOption<Boolean> TTY_RAW = option("TTY_RAW");
    /** Bits per character, 5 to 8. */
    public static final ChannelOption<Integer> TTY_DATA_BITS = option("TTY_DATA_BITS");
    /** 1 or 2. */
    public static final ChannelOption<Integer> TTY_STOP_BITS = option("TTY_STOP_BITS");
    /** Parity bit of each character. */
    public static final ChannelOption<TtyParity> TTY_PARITY = option("TTY_PARITY");
    /** What keeps a sender from overrunning its receiver. */
    public static final ChannelOption<TtyFlowControl> TTY_FLOW_CONTROL = option("TTY_FLOW_CONTROL");
    /** Heed the modem's carrier line, whose loss is a hang-up (not CLOCAL). */
    public static final ChannelOption<Boolean> TTY_CARRIER = option("TTY_CARRIER");
    /**
     * Let the kernel's count of waiting bytes size each receive buffer, up to 1 MiB, instead of the RecvByteBufAllocator's guess.
     * Takes effect for channels that are not registered yet. Default {@code false}.
     */
    public static final ChannelOption<Boolean> RCV_ALLOC_TRANSPORT_PROVIDES_GUESS = option("RCV_ALLOC_TRANSPORT_PROVIDES_GUESS");
    /**
     * A flush made while a batch of reads is delivered leaves at the batch's end, together with the batch's other flushes: one system call for
     * the answers to n requests. A full outbound buffer, close and shutdown do not wait for it. Default {@code true}.
     */
    public static final ChannelOption<Boolean> COALESCE_FLUSH = option("COALESCE_FLUSH");

    /**
     * Permissions of the file that {@code bind} makes for a socket of the Unix domain, such as {@code 0600}; -1, the default, leaves them to the
     * umask. A listener has them before it listens, so nobody else gets in meanwhile. A datagram socket has them from the start on Linux;
     * elsewhere the umask's hold between {@code bind(2)} and {@code chmod(2)}.
     */
    public static final ChannelOption<Integer> SOCKET_FILE_MODE = option("SOCKET_FILE_MODE");
    /** Whether descriptors received by a {@link KqDomainSocketChannel} arrive, in a {@link KqDescriptorMessage}. Default {@code false}: closed. */
    public static final ChannelOption<Boolean> DESCRIPTOR_MESSAGES = option("DESCRIPTOR_MESSAGES");

    @SuppressWarnings("deprecation")
    private KqChannelOption(String name) {
        super(name);
    }

    private static <T> ChannelOption<T> option(String name) {
        return valueOf(KqChannelOption.class, name);
    }
}
