package io.kqnet.sys;

/**
 * C constants by their C name, read from the library when this class is first used; the library must be loaded by then. Numbers differ
 * from system to system, so none is written down in Java. Where the system lacks a constant its field is {@link #ABSENT}.
 */
public final class Constants {
    /** Value of a constant that this system does not define. */
    public static final int ABSENT = Integer.MIN_VALUE;

    public static final int EVFILT_READ = required("EVFILT_READ");
    public static final int EVFILT_WRITE = required("EVFILT_WRITE");
    public static final int EV_ADD = required("EV_ADD");
    public static final int EV_DELETE = required("EV_DELETE");
    public static final int EV_ENABLE = required("EV_ENABLE");
    public static final int EV_CLEAR = required("EV_CLEAR");
    public static final int EV_ONESHOT = required("EV_ONESHOT");
    public static final int EV_EOF = required("EV_EOF");
    public static final int EV_ERROR = required("EV_ERROR");
    public static final int KQ_NOTE_NODATA = required("KQ_NOTE_NODATA");
    public static final int AF_INET = required("AF_INET");
    public static final int AF_INET6 = required("AF_INET6");
    public static final int AF_UNIX = required("AF_UNIX");
    public static final int SOCK_STREAM = required("SOCK_STREAM");
    public static final int SOCK_DGRAM = required("SOCK_DGRAM");
    public static final int SOL_SOCKET = required("SOL_SOCKET");
    public static final int SO_ERROR = required("SO_ERROR");
    public static final int SO_TYPE = required("SO_TYPE");
    public static final int SO_REUSEADDR = required("SO_REUSEADDR");
    public static final int SO_REUSEPORT = required("SO_REUSEPORT");
    public static final int SO_BROADCAST = required("SO_BROADCAST");
    public static final int SO_TIMESTAMP = required("SO_TIMESTAMP");
    public static final int SO_OOBINLINE = required("SO_OOBINLINE");
    public static final int SO_KEEPALIVE = required("SO_KEEPALIVE");
    public static final int SO_SNDBUF = required("SO_SNDBUF");
    public static final int SO_RCVBUF = required("SO_RCVBUF");
    public static final int SO_SNDLOWAT = required("SO_SNDLOWAT");
    public static final int SO_ACCEPTCONN = required("SO_ACCEPTCONN");
    public static final int IPPROTO_IP = required("IPPROTO_IP");
    public static final int IPPROTO_IPV6 = required("IPPROTO_IPV6");
    public static final int IPPROTO_TCP = required("IPPROTO_TCP");
    public static final int IP_TOS = required("IP_TOS");
    public static final int IPV6_V6ONLY = required("IPV6_V6ONLY");
    public static final int IPV6_TCLASS = required("IPV6_TCLASS");
    public static final int TCP_NODELAY = required("TCP_NODELAY");
    public static final int SIZEOF_IOVEC = required("SIZEOF_IOVEC");
    public static final int IOVEC_BASE = required("IOVEC_BASE");
    public static final int IOVEC_LENGTH = required("IOVEC_LENGTH");
    public static final int SIZEOF_TERMIOS = required("SIZEOF_TERMIOS");
    public static final int SIZEOF_TTY = required("SIZEOF_TTY");
    public static final int S_IFREG = required("S_IFREG");
    public static final int S_IFDIR = required("S_IFDIR");
    public static final int S_IFBLK = required("S_IFBLK");
    public static final int S_IFIFO = required("S_IFIFO");
    public static final int S_IFSOCK = required("S_IFSOCK");
    public static final int O_RDONLY = required("O_RDONLY");
    public static final int O_WRONLY = required("O_WRONLY");
    public static final int O_RDWR = required("O_RDWR");
    public static final int SIZEOF_ADDRESS = required("SIZEOF_ADDRESS");
    public static final int SIZEOF_RIGHTS = required("SIZEOF_RIGHTS");
    public static final int DESCRIPTORS_MAX = required("DESCRIPTORS_MAX");
    public static final int UNIX_PATH_MAX = required("UNIX_PATH_MAX");
    public static final int SIZEOF_EVENT = required("SIZEOF_EVENT");
    public static final int SIZEOF_DATAGRAM = required("SIZEOF_DATAGRAM");
    public static final int KQ_DATAGRAM_BATCH = required("KQ_DATAGRAM_BATCH");
    public static final int KQ_DATAGRAM_CONTROL = required("KQ_DATAGRAM_CONTROL");
    public static final int KQ_DATAGRAM_SINGLY = required("KQ_DATAGRAM_SINGLY");
    public static final int KQ_DATAGRAM_PRIVATE = required("KQ_DATAGRAM_PRIVATE");
    public static final int KQ_TRUNCATED = required("KQ_TRUNCATED");
    public static final int IOV_MAX = required("IOV_MAX");
    public static final int EAGAIN = required("EAGAIN");
    public static final int EINPROGRESS = required("EINPROGRESS");
    public static final int EINTR = required("EINTR");
    public static final int EBADF = required("EBADF");
    public static final int EMSGSIZE = required("EMSGSIZE");
    public static final int ENAMETOOLONG = required("ENAMETOOLONG");
    public static final int ENOENT = required("ENOENT");
    public static final int EOPNOTSUPP = required("EOPNOTSUPP");
    public static final int EPROTOTYPE = required("EPROTOTYPE");
    public static final int ERANGE = required("ERANGE");
    public static final int ETOOMANYREFS = required("ETOOMANYREFS");
    public static final int EPIPE = required("EPIPE");
    public static final int EPERM = required("EPERM");
    public static final int EALREADY = required("EALREADY");
    public static final int EISCONN = required("EISCONN");
    public static final int EINVAL = required("EINVAL");
    public static final int EIO = required("EIO");
    public static final int EMFILE = required("EMFILE");
    public static final int ENFILE = required("ENFILE");
    public static final int ENOBUFS = required("ENOBUFS");
    public static final int ENOMEM = required("ENOMEM");
    public static final int ENOSYS = required("ENOSYS");
    public static final int ENOTCONN = required("ENOTCONN");
    public static final int ENOTSOCK = required("ENOTSOCK");
    public static final int ENOTSUP = required("ENOTSUP");
    public static final int ECONNABORTED = required("ECONNABORTED");
    public static final int ECONNREFUSED = required("ECONNREFUSED");
    public static final int ECONNRESET = required("ECONNRESET");
    public static final int ETIMEDOUT = required("ETIMEDOUT");
    public static final int EHOSTUNREACH = required("EHOSTUNREACH");
    public static final int ENETUNREACH = required("ENETUNREACH");
    public static final int EADDRINUSE = required("EADDRINUSE");
    public static final int EADDRNOTAVAIL = required("EADDRNOTAVAIL");
    public static final int EACCES = required("EACCES");
    public static final int EAFNOSUPPORT = required("EAFNOSUPPORT");
    public static final int EPROTO = required("EPROTO");

    public static final int EVFILT_USER = optional("EVFILT_USER");
    public static final int EVFILT_EXCEPT = optional("EVFILT_EXCEPT");
    public static final int EV_DISPATCH = optional("EV_DISPATCH");
    public static final int NOTE_OOB = optional("NOTE_OOB");
    public static final int SO_REUSEPORT_LB = optional("SO_REUSEPORT_LB");
    public static final int SO_ACCEPTFILTER = optional("SO_ACCEPTFILTER");
    public static final int TCP_NOPUSH = optional("TCP_NOPUSH");
    public static final int TCP_KEEPIDLE = optional("TCP_KEEPIDLE");
    public static final int TCP_KEEPINTVL = optional("TCP_KEEPINTVL");
    public static final int TCP_KEEPCNT = optional("TCP_KEEPCNT");
    public static final int TCP_NOTSENT_LOWAT = optional("TCP_NOTSENT_LOWAT");
    /** Client and server side of TCP Fast Open; a connect with data exists where this does. */
    public static final int TCP_FASTOPEN = optional("TCP_FASTOPEN");
    public static final int TCP_USER_TIMEOUT = optional("TCP_USER_TIMEOUT");
    public static final int TCP_USER_TIMEOUT_UNIT = optional("TCP_USER_TIMEOUT_UNIT");

    public static final boolean EMULATION = required("EMULATION") != 0;
    public static final boolean DUAL_STACK = required("DUAL_STACK") != 0;
    public static final boolean LINGER_BLOCKS = required("LINGER_BLOCKS") != 0;
    /** Bits of {@link FastOpenCalls#enabled()}. */
    public static final int FASTOPEN_CLIENT = required("FASTOPEN_CLIENT");
    public static final int FASTOPEN_SERVER = required("FASTOPEN_SERVER");
    /** Whether the value of TCP_FASTOPEN is the length of a queue; elsewhere it is on or off. */
    public static final boolean FASTOPEN_QUEUE = required("FASTOPEN_QUEUE") != 0;
    public static final boolean BATCH_CALLS = required("BATCH_CALLS") != 0;
    public static final boolean SOURCE_MULTICAST = required("SOURCE_MULTICAST") != 0;
    public static final boolean SENDFILE = required("SENDFILE") != 0;
    /** Whether one {@code sendfile(2)} may have headers and trailers. */
    public static final boolean SENDFILE_BOTH_ENDS = required("SENDFILE_BOTH_ENDS") != 0;

    private Constants() {
    }

    private static int required(String name) {
        long value = Platform.constant(name);
        if (value == Long.MIN_VALUE) {
            throw new ExceptionInInitializerError("the native library lacks the constant " + name);
        }
        return Math.toIntExact(value);
    }

    private static int optional(String name) {
        long value = Platform.constant(name);
        return value == Long.MIN_VALUE ? ABSENT : Math.toIntExact(value);
    }
}
