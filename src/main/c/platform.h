/* SPDX-License-Identifier: Apache-2.0 */
/* Every difference between operating systems that the C core knows is a KQ_HAVE_x, a fallback define or a small inline here. */
#ifndef KQ_PLATFORM_H
#define KQ_PLATFORM_H

#if defined(__linux__)
#define _GNU_SOURCE 1
#endif
#if defined(__NetBSD__)
#define _NETBSD_SOURCE 1
#endif
#if defined(__APPLE__)
#define __APPLE_USE_RFC_3542 1
#endif

#include <sys/types.h>

#include <sys/event.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#if !defined(__linux__)
#include <net/if_dl.h>
#endif
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#if defined(__APPLE__) || defined(__FreeBSD__)
#include <sys/sysctl.h>
#endif
#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__DragonFly__)
#include <sys/param.h>
#include <sys/ucred.h>
#endif

/* Datagrams of one call at most; their headers and addresses are on the C stack, their records (kq.h) in each loop's memory. */
#define KQ_DATAGRAM_BATCH 32

/* musl's CMSG_NXTHDR compares a size with a difference of pointers. */
static inline struct cmsghdr *kq_platform_next_header(struct msghdr *message, struct cmsghdr *header) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
    return CMSG_NXTHDR(message, header);
#pragma GCC diagnostic pop
}

/* Name shown to users; NULL means: ask uname(3). */
#if defined(__linux__)
#define KQ_PLATFORM_NAME "Linux emulation"
#define KQ_IS_EMULATION 1
#else
#define KQ_PLATFORM_NAME NULL
#define KQ_IS_EMULATION 0
#endif

/* XNU binds a kqueue to the first call's ABI and only kevent64 has KEVENT_FLAG_IMMEDIATE, so everything goes through kevent64. */
#if defined(__APPLE__)
typedef struct kevent64_s kq_kevent;
static inline int kq_platform_kevent(int kq, const kq_kevent *changes, int nchanges, kq_kevent *events, int nevents, const struct timespec *timeout) {
    unsigned int flags = 0;
    if (timeout != NULL && timeout->tv_sec == 0 && timeout->tv_nsec == 0) {
        flags = KEVENT_FLAG_IMMEDIATE;
        timeout = NULL;
    }
    return kevent64(kq, changes, nchanges, events, nevents, flags, timeout);
}
#elif defined(__NetBSD__)
/*
 * NetBSD 11's headers rename kevent() to __kevent100, whose struct has ext[]; NetBSD 10 has only __kevent50, which later releases keep.
 * This is the struct of NetBSD 10's <sys/event.h>.
 */
typedef struct {
    uintptr_t ident;
    uint32_t filter;
    uint32_t flags;
    uint32_t fflags;
    int64_t data;
    void *udata;
} kq_kevent;
_Static_assert(sizeof(kq_kevent) == 40, "struct kevent of NetBSD 10");
int kq_kevent50(int kq, const kq_kevent *changes, size_t nchanges, kq_kevent *events, size_t nevents, const struct timespec *timeout) __asm("__kevent50");
static inline int kq_platform_kevent(int kq, const kq_kevent *changes, int nchanges, kq_kevent *events, int nevents, const struct timespec *timeout) {
    return kq_kevent50(kq, changes, (size_t)nchanges, events, (size_t)nevents, timeout);
}
#else
typedef struct kevent kq_kevent;
static inline int kq_platform_kevent(int kq, const kq_kevent *changes, int nchanges, kq_kevent *events, int nevents, const struct timespec *timeout) {
    return kevent(kq, changes, nchanges, events, nevents, timeout);
}
#endif

/* udata is u64 on macOS, a pointer elsewhere. */
#if defined(__APPLE__)
#define KQ_UDATA(value) ((uint64_t)(value))
#else
#define KQ_UDATA(value) ((void *)(intptr_t)(value))
#endif

/* filter and flags are 32 bits wide on NetBSD, 16 elsewhere. ext[] must be zero on FreeBSD: the kernel keeps it in the knote. The memset of the
 * whole struct does it. */
static inline void kq_platform_set(kq_kevent *kev, int32_t ident, int16_t filter, uint16_t flags, uint32_t fflags, int64_t data, int64_t udata) {
    memset(kev, 0, sizeof(*kev));
    kev->ident = (uintptr_t)(intptr_t)ident;
    kev->filter = (__typeof__(kev->filter))filter;
    kev->flags = flags;
    kev->fflags = fflags;
    kev->data = data;
    kev->udata = KQ_UDATA(udata);
}

/* "Exact data is not wanted": saves the emulation a system call per event; a kernel fills data for free. */
#if defined(KQEMUL_NOTE_NODATA)
#define KQ_NOTE_NODATA KQEMUL_NOTE_NODATA
#else
#define KQ_NOTE_NODATA 0
#endif

/* Makes the emulation behave like another kernel; 0 or an errno. */
static inline int kq_platform_switch(const char *name, int on) {
#if defined(KQEMUL_NOTE_NODATA)
    return kqemul_switch(name, on);
#else
    (void)name;
    (void)on;
    return ENOSYS;
#endif
}

/* macOS marks a kqueue close-on-exec by itself; OpenBSD's kqueue1 is newer than the oldest release we load on. */
#if defined(__NetBSD__)
static inline int kq_platform_kqueue(void) {
    return kqueue1(O_CLOEXEC);
}
#elif defined(__linux__)
static inline int kq_platform_kqueue(void) {
    return kqueue();
}
#else
static inline int kq_platform_kqueue(void) {
    int kq = kqueue();
    if (kq >= 0) {
        (void)fcntl(kq, F_SETFD, FD_CLOEXEC);
    }
    return kq;
}
#endif

/* macOS has neither accept4 nor SOCK_CLOEXEC/SOCK_NONBLOCK. */
#if !defined(__APPLE__)
#define KQ_HAVE_ACCEPT4 1
#else
#define KQ_HAVE_ACCEPT4 0
#endif

/* Recent macOS SDKs define MSG_NOSIGNAL, but the kernels we load on ignore it: SO_NOSIGPIPE does the work there. */
#if defined(__APPLE__)
#define KQ_MSG_NOSIGNAL 0
#else
#define KQ_MSG_NOSIGNAL MSG_NOSIGNAL
#endif

/* Several datagrams per system call. FreeBSD's are loops in libc, the others' are system calls. */
#if defined(__linux__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
#define KQ_HAVE_MMSG 1
typedef struct mmsghdr kq_message;
static inline int kq_platform_recvmmsg(int fd, kq_message *messages, unsigned int count) {
    return (int)recvmmsg(fd, messages, count, 0, NULL);
}
static inline int kq_platform_sendmmsg(int fd, kq_message *messages, unsigned int count) {
    return (int)sendmmsg(fd, messages, count, KQ_MSG_NOSIGNAL);
}
#else
#define KQ_HAVE_MMSG 0
typedef struct {
    struct msghdr msg_hdr;
    unsigned int msg_len;
} kq_message;
#endif

/*
 * macOS has recvmsg_x(2) in libSystem but not in its headers (bsd/sys/socket_private.h of XNU): private, so used only on demand, and weak, so
 * that this library loads without it. Its sibling sendmsg_x(2) takes no addresses and does not tell how many datagrams left before an error.
 */
#if defined(__APPLE__)
struct kq_msghdr_x {
    void *msg_name;
    socklen_t msg_namelen;
    struct iovec *msg_iov;
    int msg_iovlen;
    void *msg_control;
    socklen_t msg_controllen;
    int msg_flags;
    size_t msg_datalen;
};
extern ssize_t recvmsg_x(int fd, const struct kq_msghdr_x *messages, unsigned int count, int flags) __attribute__((weak_import));
#define KQ_HAVE_RECVMSG_X 1
static inline int kq_platform_recvmsg_x(int fd, kq_message *messages, unsigned int count) {
    struct kq_msghdr_x extended[KQ_DATAGRAM_BATCH];
    memset(extended, 0, sizeof(extended));
    for (unsigned int i = 0; i < count; i++) {
        extended[i].msg_name = messages[i].msg_hdr.msg_name;
        extended[i].msg_namelen = messages[i].msg_hdr.msg_namelen;
        extended[i].msg_iov = messages[i].msg_hdr.msg_iov;
        extended[i].msg_iovlen = messages[i].msg_hdr.msg_iovlen;
    }
    int n = (int)recvmsg_x(fd, extended, count, MSG_DONTWAIT);
    for (int i = 0; i < n; i++) {
        messages[i].msg_hdr.msg_namelen = extended[i].msg_namelen;
        messages[i].msg_hdr.msg_flags = extended[i].msg_flags;
        messages[i].msg_len = (unsigned int)extended[i].msg_datalen;
    }
    return n;
}
#else
#define KQ_HAVE_RECVMSG_X 0
#endif

/* The system calls that take a sockaddr overwrite sa_len; multicast options carry one inside and the BSDs look at it there. */
#if defined(__linux__)
#define KQ_SET_LENGTH(storage, length) (void)(length)
#else
#define KQ_SET_LENGTH(storage, length) ((storage)->ss_len = (uint8_t)(length))
#endif

/* Protocol-independent multicast of RFC 3678; without it only any-source membership exists. KQ_PLAIN_MULTICAST: for testing the latter. */
#if defined(MCAST_JOIN_SOURCE_GROUP) && defined(MCAST_BLOCK_SOURCE) && !defined(KQ_PLAIN_MULTICAST)
#define KQ_HAVE_MCAST 1
#else
#define KQ_HAVE_MCAST 0
#endif

/* Where IP_MULTICAST_IF takes an interface's number; elsewhere it takes one of its addresses. */
#if (defined(__linux__) || defined(__FreeBSD__) || defined(__APPLE__)) && !defined(KQ_PLAIN_MULTICAST)
#define KQ_HAVE_MREQN 1
#else
#define KQ_HAVE_MREQN 0
#endif

/* The option that makes IPv4 datagrams arrive with destination address and interface; without it IP_RECVDSTADDR and IP_RECVIF do that. */
#if defined(__linux__)
#define KQ_IP_RECVPKTINFO IP_PKTINFO
#elif defined(IP_RECVPKTINFO) && defined(IP_PKTINFO)
#define KQ_IP_RECVPKTINFO IP_RECVPKTINFO
#endif

#if !defined(IPV6_JOIN_GROUP)
#define IPV6_JOIN_GROUP IPV6_ADD_MEMBERSHIP
#define IPV6_LEAVE_GROUP IPV6_DROP_MEMBERSHIP
#endif

/* A socket that is non-blocking still lingers in close(2) on Linux; BSD and XNU soclose() do not. */
#define KQ_LINGER_BLOCKS KQ_IS_EMULATION

/* OpenBSD cannot clear IPV6_V6ONLY; NetBSD hands out duplicate ephemeral ports to v4-mapped sockets (docs/platforms.md). */
#if defined(__OpenBSD__) || defined(__NetBSD__)
#define KQ_DUAL_STACK 0
#else
#define KQ_DUAL_STACK 1
#endif

/* Linux counts up to the urgent mark, also once its byte was taken (tcp_inq() of include/net/tcp.h); a BSD counts all ordinary data. */
#define KQ_FIONREAD_STOPS_AT_MARK KQ_IS_EMULATION

/* Name of a pseudo-terminal's other side; 0 or an errno. FreeBSD 12 and OpenBSD have only ptsname(3), which shares one buffer. */
static inline int kq_platform_ptsname(int fd, char *name, size_t capacity) {
#if defined(__linux__) || defined(__APPLE__)
    return ptsname_r(fd, name, capacity) == 0 ? 0 : errno;
#else
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)pthread_mutex_lock(&lock);
    const char *shared = ptsname(fd);
    int error = shared == NULL ? errno : strlen(shared) >= capacity ? ERANGE : 0;
    if (error == 0) {
        memcpy(name, shared, strlen(shared) + 1);
    }
    (void)pthread_mutex_unlock(&lock);
    return error;
#endif
}

/* Bits per second are a speed_t everywhere but in Linux, which has a code for each of a few speeds. */
typedef struct {
    speed_t code;
    int baud;
} kq_speed;

static inline const kq_speed *kq_platform_speeds(size_t *count) {
#if defined(__linux__)
    static const kq_speed speeds[] = {
        {B50, 50},           {B75, 75},           {B110, 110},         {B134, 134},         {B150, 150},         {B200, 200},
        {B300, 300},         {B600, 600},         {B1200, 1200},       {B1800, 1800},       {B2400, 2400},       {B4800, 4800},
        {B9600, 9600},       {B19200, 19200},     {B38400, 38400},     {B57600, 57600},     {B115200, 115200},   {B230400, 230400},
        {B460800, 460800},   {B500000, 500000},   {B576000, 576000},   {B921600, 921600},   {B1000000, 1000000}, {B1152000, 1152000},
        {B1500000, 1500000}, {B2000000, 2000000}, {B2500000, 2500000}, {B3000000, 3000000}, {B3500000, 3500000}, {B4000000, 4000000},
    };
    *count = sizeof(speeds) / sizeof(speeds[0]);
    return speeds;
#else
    *count = 0;
    return NULL;
#endif
}

#if defined(SO_ACCEPTFILTER)
#define KQ_HAVE_ACCEPTFILTER 1
#else
#define KQ_HAVE_ACCEPTFILTER 0
#endif

#include "platform_stream.h"

/* Idle time before the first keep-alive probe, under macOS's other name. */
#if !defined(TCP_KEEPIDLE) && defined(TCP_KEEPALIVE)
#define TCP_KEEPIDLE TCP_KEEPALIVE
#endif

/* What bounds the time that sent data may stay unacknowledged, and its unit in milliseconds. */
#if defined(TCP_USER_TIMEOUT)
#define KQ_USER_TIMEOUT TCP_USER_TIMEOUT
#define KQ_USER_TIMEOUT_UNIT 1
#elif defined(TCP_RXT_CONNDROPTIME)
#define KQ_USER_TIMEOUT TCP_RXT_CONNDROPTIME
#define KQ_USER_TIMEOUT_UNIT 1000
#elif defined(TCP_MAXUNACKTIME)
#define KQ_USER_TIMEOUT TCP_MAXUNACKTIME
#define KQ_USER_TIMEOUT_UNIT 1000
#endif

/* TCP_NOPUSH where the BSDs have it; Linux calls the same thing TCP_CORK. */
#if !defined(TCP_NOPUSH) && defined(TCP_CORK)
#define TCP_NOPUSH TCP_CORK
#endif

/* macOS has no such flag: received descriptors are marked one by one. */
#if defined(MSG_CMSG_CLOEXEC)
#define KQ_MSG_CMSG_CLOEXEC MSG_CMSG_CLOEXEC
#else
#define KQ_MSG_CMSG_CLOEXEC 0
#endif

/* Descriptors that nobody asked for are closed by the kernel; XNU's soreceive() installs them in the process before it looks for a taker. */
#if defined(__APPLE__)
#define KQ_READ_DISPOSES_RIGHTS 0
#else
#define KQ_READ_DISPOSES_RIGHTS 1
#endif

/* A peer as the kernel knows it: pid 0 where it does not. */
typedef struct {
    int32_t pid;
    uint32_t uid;
    uint32_t gids[];
} kq_peer;

#if !defined(SOL_LOCAL)
#define SOL_LOCAL 0
#endif

/* The number of groups, the effective one first, or -errno; -ERANGE if there are more than `capacity`. */
#if defined(__linux__)
static inline int kq_platform_peer(int fd, kq_peer *peer, unsigned capacity) {
    struct ucred credentials;
    socklen_t length = sizeof(credentials);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0) {
        return -errno;
    }
    if (credentials.pid == 0 && credentials.uid == (uid_t)-1) {
        return -ENOTCONN; /* Linux does not say so */
    }
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    peer->gids[0] = credentials.gid;
    unsigned count = 1;
#if defined(SO_PEERGROUPS)
    length = (socklen_t)((capacity - 1) * sizeof(peer->gids[0]));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &peer->gids[1], &length) == 0) {
        count += (unsigned)(length / sizeof(peer->gids[0]));
    } else if (errno == ERANGE) {
        return -ERANGE;
    }
#endif
    return (int)count;
}
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__DragonFly__)
static inline int kq_platform_peer(int fd, kq_peer *peer, unsigned capacity) {
    struct xucred credentials;
    socklen_t length = sizeof(credentials);
    memset(&credentials, 0, sizeof(credentials));
    if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED, &credentials, &length) < 0) {
        return -errno;
    }
    if (credentials.cr_version != XUCRED_VERSION || credentials.cr_ngroups < 0 ||
        (size_t)credentials.cr_ngroups > sizeof(credentials.cr_groups) / sizeof(credentials.cr_groups[0])) {
        return -EINVAL;
    }
    if ((unsigned)credentials.cr_ngroups > capacity) {
        return -ERANGE;
    }
    peer->pid = 0;
    peer->uid = credentials.cr_uid;
    for (int i = 0; i < credentials.cr_ngroups; i++) {
        peer->gids[i] = credentials.cr_groups[i];
    }
#if defined(LOCAL_PEERPID)
    pid_t pid = 0;
    length = sizeof(pid);
    peer->pid = getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &length) == 0 ? pid : 0;
#elif defined(__FreeBSD__)
    /* FreeBSD 13 put cr_pid where FreeBSD 12, whose headers this must compile with, has a zero. */
    memcpy(&peer->pid, (const char *)&credentials + offsetof(struct xucred, _cr_unused1), sizeof(peer->pid));
#endif
    return credentials.cr_ngroups;
}
#elif defined(__NetBSD__)
static inline int kq_platform_peer(int fd, kq_peer *peer, unsigned capacity) {
    struct unpcbid credentials;
    socklen_t length = sizeof(credentials);
    (void)capacity;
    if (getsockopt(fd, SOL_LOCAL, LOCAL_PEEREID, &credentials, &length) < 0) {
        return -errno;
    }
    peer->pid = credentials.unp_pid;
    peer->uid = credentials.unp_euid;
    peer->gids[0] = credentials.unp_egid;
    return 1;
}
#else
static inline int kq_platform_peer(int fd, kq_peer *peer, unsigned capacity) {
    struct sockpeercred credentials;
    socklen_t length = sizeof(credentials);
    (void)capacity;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0) {
        return -errno;
    }
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    peer->gids[0] = credentials.gid;
    return 1;
}
#endif

#if !defined(IOV_MAX)
#define IOV_MAX 1024
#endif

#endif
