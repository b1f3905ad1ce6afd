/* SPDX-License-Identifier: Apache-2.0 */
/* The part of platform.h that sends files and opens connections with data. */
#ifndef KQ_PLATFORM_STREAM_H
#define KQ_PLATFORM_STREAM_H

static inline size_t kq_platform_length(const struct iovec *iov, int count) {
    size_t length = 0;
    for (int i = 0; i < count; i++) {
        length += iov[i].iov_len;
    }
    return length;
}

/*
 * Sends headers, at most count (> 0) bytes from offset of file, then trailers; iov holds both. Returns the bytes sent of all of them (0 only at end of file)
 * or -1 with errno. The BSD call reports progress in an out value that is valid beside EAGAIN and EINTR: counting it keeps the offset right.
 */
#if defined(__APPLE__) || defined(KQEMUL_XNU_SENDFILE)
#define KQ_HAVE_SENDFILE 1
/* Given both, the file's part is dropped (nginx, ngx_darwin_sendfile_chain.c). */
#define KQ_SENDFILE_BOTH_ENDS 0
/*
 * When the socket takes a part of the headers and then gets room, the file follows the part and the rest is lost (xnu, uipc_syscalls.c, sendfile). What fits
 * SO_SNDLOWAT is taken whole or not at all (uipc_socket.c, sosendcheck); what does not has to be in the socket before the file.
 */
static inline int64_t kq_platform_send_long(int socket, struct iovec *iov, int count, size_t length) {
    int lowat = 0;
    socklen_t size = sizeof(lowat);
    if (count == 0 || (getsockopt(socket, SOL_SOCKET, SO_SNDLOWAT, &lowat, &size) == 0 && lowat > 0 && length <= (size_t)lowat)) {
        return 0;
    }
    struct msghdr message;
    memset(&message, 0, sizeof(message));
    message.msg_iov = iov;
    message.msg_iovlen = (__typeof__(message.msg_iovlen))count;
    return (int64_t)sendmsg(socket, &message, KQ_MSG_NOSIGNAL);
}

static inline int64_t kq_platform_sendfile(int socket, int file, int64_t offset, int64_t count, struct iovec *iov, int headers, int trailers) {
    size_t length = kq_platform_length(iov, headers);
    int64_t before = kq_platform_send_long(socket, iov, headers, length);
    if (before < 0 || (before > 0 && (size_t)before < length)) {
        return before;
    }
    if (before > 0) {
        iov += headers;
        headers = 0;
        length = 0;
    }
    /* A pointer beside the count 0 is EINVAL; the length counts the headers, not the trailers. */
    struct sf_hdtr around = {headers > 0 ? iov : NULL, headers, trailers > 0 && headers == 0 ? iov : NULL, headers == 0 ? trailers : 0};
    const off_t all = (off_t)length + (off_t)count;
    off_t moved = all;
    int rc = sendfile(file, socket, (off_t)offset, &moved, headers + trailers > 0 ? &around : NULL, 0);
    if (rc < 0 && moved == all && errno != EAGAIN && errno != EINTR) {
        moved = 0; /* failed before the kernel looked at it */
    }
    return rc == 0 || before + moved > 0 ? before + (int64_t)moved : -1;
}
#elif defined(__FreeBSD__) || defined(__DragonFly__) || defined(__linux__)
#define KQ_HAVE_SENDFILE 1
#define KQ_SENDFILE_BOTH_ENDS 1
/* The emulation's sendfile is FreeBSD's. */
static inline int64_t kq_platform_sendfile(int socket, int file, int64_t offset, int64_t count, struct iovec *iov, int headers, int trailers) {
    struct sf_hdtr around = {headers > 0 ? iov : NULL, headers, trailers > 0 ? iov + headers : NULL, trailers};
    off_t moved = 0;
    int rc = sendfile(file, socket, (off_t)offset, (size_t)count, headers + trailers > 0 ? &around : NULL, &moved, 0);
    return rc == 0 || moved > 0 ? (int64_t)moved : -1;
}
#else
#define KQ_HAVE_SENDFILE 0
#define KQ_SENDFILE_BOTH_ENDS 0
static inline int64_t kq_platform_sendfile(int socket, int file, int64_t offset, int64_t count, struct iovec *iov, int headers, int trailers) {
    (void)socket;
    (void)file;
    (void)offset;
    (void)count;
    (void)iov;
    (void)headers;
    (void)trailers;
    errno = ENOSYS;
    return -1;
}
#endif

/*
 * TCP Fast Open (RFC 7413). kq_platform_connect offers iov's bytes with the SYN and returns how many the kernel keeps: they leave with the SYN or after the
 * handshake, which may be under way. -1 with EINPROGRESS: under way without them; EOPNOTSUPP: nothing has happened.
 */
#define KQ_FASTOPEN_CLIENT 1
#define KQ_FASTOPEN_SERVER 2
#if defined(__linux__)
#define KQ_HAVE_FASTOPEN 1
#define KQ_FASTOPEN_QUEUE 1
static inline int kq_platform_fastopen(void) {
    char text[16];
    int fd = open("/proc/sys/net/ipv4/tcp_fastopen", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t length = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    text[length < 0 ? 0 : length] = '\0';
    return (int)strtol(text, NULL, 10) & (KQ_FASTOPEN_CLIENT | KQ_FASTOPEN_SERVER);
}
#elif defined(__APPLE__)
#define KQ_HAVE_FASTOPEN 1
#define KQ_FASTOPEN_QUEUE 0
static inline int kq_platform_fastopen(void) {
    int bits = 0;
    size_t size = sizeof(bits);
    if (sysctlbyname("net.inet.tcp.fastopen", &bits, &size, NULL, 0) < 0) {
        return 0;
    }
    return ((bits & 2) != 0 ? KQ_FASTOPEN_CLIENT : 0) | ((bits & 1) != 0 ? KQ_FASTOPEN_SERVER : 0);
}
#elif defined(__FreeBSD__)
#define KQ_HAVE_FASTOPEN 1
#define KQ_FASTOPEN_QUEUE 0
static inline int kq_platform_enabled(const char *name, int bit) {
    unsigned int value = 0;
    size_t size = sizeof(value);
    return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value != 0 ? bit : 0;
}
static inline int kq_platform_fastopen(void) {
    return kq_platform_enabled("net.inet.tcp.fastopen.client_enable", KQ_FASTOPEN_CLIENT) |
           kq_platform_enabled("net.inet.tcp.fastopen.server_enable", KQ_FASTOPEN_SERVER);
}
#else
#define KQ_HAVE_FASTOPEN 0
#define KQ_FASTOPEN_QUEUE 0
static inline int kq_platform_fastopen(void) {
    return 0;
}
#endif

#if defined(__APPLE__)
/* The SYN waits for the data (RESUME_ON_READ_WRITE), and only data that may arrive twice goes with it (DATA_IDEMPOTENT); both are needed. */
static inline int64_t kq_platform_connect(int fd, const struct sockaddr *address, socklen_t length, const struct iovec *iov, int count) {
    sa_endpoints_t ends;
    memset(&ends, 0, sizeof(ends));
    ends.sae_dstaddr = address;
    ends.sae_dstaddrlen = length;
    size_t kept = 0;
    int rc = connectx(fd, &ends, SAE_ASSOCID_ANY, CONNECT_RESUME_ON_READ_WRITE | CONNECT_DATA_IDEMPOTENT, iov, (unsigned int)count, &kept, NULL);
    return rc == 0 || (errno == EINPROGRESS && kept > 0) ? (int64_t)kept : -1;
}
#elif KQ_HAVE_FASTOPEN
/* Linux: a flag of the call. FreeBSD: an option of the socket, refused if it is turned off; EAGAIN for want of room comes before the connect. */
static inline int64_t kq_platform_connect(int fd, const struct sockaddr *address, socklen_t length, const struct iovec *iov, int count) {
    struct msghdr message;
    memset(&message, 0, sizeof(message));
    message.msg_name = (void *)(uintptr_t)address;
    message.msg_namelen = length;
    message.msg_iov = (struct iovec *)(uintptr_t)iov;
    message.msg_iovlen = (__typeof__(message.msg_iovlen))count;
#if defined(MSG_FASTOPEN)
    return (int64_t)sendmsg(fd, &message, KQ_MSG_NOSIGNAL | MSG_FASTOPEN);
#else
    int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &on, sizeof(on)) < 0) {
        errno = EOPNOTSUPP;
        return -1;
    }
    ssize_t n = sendmsg(fd, &message, KQ_MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) {
        errno = EOPNOTSUPP;
    }
    return (int64_t)n;
#endif
}
#else
static inline int64_t kq_platform_connect(int fd, const struct sockaddr *address, socklen_t length, const struct iovec *iov, int count) {
    (void)fd;
    (void)address;
    (void)length;
    (void)iov;
    (void)count;
    errno = EOPNOTSUPP;
    return -1;
}
#endif

#endif
