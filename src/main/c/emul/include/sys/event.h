/* SPDX-License-Identifier: Apache-2.0 */

/* kqueue for Linux, a development platform only: FreeBSD's names, numbers and struct layout (FreeBSD >= 12). */
#ifndef KQEMUL_SYS_EVENT_H
#define KQEMUL_SYS_EVENT_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_USER (-11)
#define EVFILT_EXCEPT (-15) /* macOS's number: FreeBSD has no such filter */

#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ENABLE 0x0004
#define EV_DISABLE 0x0008
#define EV_ONESHOT 0x0010
#define EV_CLEAR 0x0020
#define EV_RECEIPT 0x0040
#define EV_DISPATCH 0x0080
#define EV_FORCEONESHOT 0x0100
#define EV_SYSFLAGS 0xF000
#define EV_ERROR 0x4000
#define EV_EOF 0x8000

#define NOTE_LOWAT 0x00000001
#define NOTE_OOB 0x00000002

#define NOTE_FFNOP 0x00000000U
#define NOTE_FFAND 0x40000000U
#define NOTE_FFOR 0x80000000U
#define NOTE_FFCOPY 0xc0000000U
#define NOTE_FFCTRLMASK 0xc0000000U
#define NOTE_FFLAGSMASK 0x00ffffffU
#define NOTE_TRIGGER 0x01000000U

/*
 * Not in any BSD. In fflags of EVFILT_READ and EVFILT_WRITE: the caller does not want the exact data. Events then carry
 * data = -1 and cost no system call beyond the wait itself. Without effect beside NOTE_LOWAT, which needs the count.
 */
#define KQEMUL_NOTE_NODATA 0x00010000U

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned int fflags;
    int64_t data;
    void *udata;
    uint64_t ext[4];
};

#define EV_SET(kevp, ident_, filter_, flags_, fflags_, data_, udata_)                                                                                          \
    do {                                                                                                                                                       \
        *(kevp) = (struct kevent){                                                                                                                             \
            .ident = (uintptr_t)(ident_),                                                                                                                      \
            .filter = (short)(filter_),                                                                                                                        \
            .flags = (unsigned short)(flags_),                                                                                                                 \
            .fflags = (unsigned int)(fflags_),                                                                                                                 \
            .data = (data_),                                                                                                                                   \
            .udata = (udata_),                                                                                                                                 \
        };                                                                                                                                                     \
    } while (0)

int kqueue(void);
int kevent(int kq, const struct kevent *changelist, int nchanges, struct kevent *eventlist, int nevents, const struct timespec *timeout);

/*
 * Not in any BSD: the emulation behaves like another kernel from now on, in the whole process. Returns 0 or an errno.
 * "noexcept": there is no EVFILT_EXCEPT, as on FreeBSD and NetBSD. "stuckwrite": EVFILT_WRITE of terminals heeds neither EV_CLEAR nor EV_DISPATCH.
 */
int kqemul_switch(const char *name, int on);

int kqemul_close(int fd);
int kqemul_dup2(int oldfd, int newfd);
int kqemul_shutdown(int fd, int how);
int kqemul_getsockopt(int fd, int level, int name, void *value, socklen_t *length);
ssize_t kqemul_read(int fd, void *buffer, size_t length);
ssize_t kqemul_readv(int fd, const struct iovec *iov, int count);
ssize_t kqemul_recv(int fd, void *buffer, size_t length, int flags);
ssize_t kqemul_recvfrom(int fd, void *buffer, size_t length, int flags, struct sockaddr *from, socklen_t *fromlength);
ssize_t kqemul_recvmsg(int fd, struct msghdr *message, int flags);

/* FreeBSD's sendfile(2), which a BSD declares in sys/socket.h; with KQEMUL_XNU_SENDFILE macOS's instead, to test what is written for it. */
struct sf_hdtr {
    struct iovec *headers;
    int hdr_cnt;
    struct iovec *trailers;
    int trl_cnt;
};

int kqemul_sendfile(int fd, int s, off_t offset, size_t nbytes, struct sf_hdtr *hdtr, off_t *sbytes, int flags);
int kqemul_xnu_sendfile(int fd, int s, off_t offset, off_t *len, struct sf_hdtr *hdtr, int flags);

/* A BSD kernel sees these calls and acts on its knotes; here they have to pass through the emulation. */
#ifndef KQEMUL_NO_WRAPPERS
#define close(fd) kqemul_close(fd)
#define dup2(oldfd, newfd) kqemul_dup2(oldfd, newfd)
#define shutdown(fd, how) kqemul_shutdown(fd, how)
#define getsockopt(fd, level, name, value, length) kqemul_getsockopt(fd, level, name, value, length)
#define read(fd, buffer, length) kqemul_read(fd, buffer, length)
#define readv(fd, iov, count) kqemul_readv(fd, iov, count)
#define recv(fd, buffer, length, flags) kqemul_recv(fd, buffer, length, flags)
#define recvfrom(fd, buffer, length, flags, from, fromlength) kqemul_recvfrom(fd, buffer, length, flags, from, fromlength)
#define recvmsg(fd, message, flags) kqemul_recvmsg(fd, message, flags)
#if defined(KQEMUL_XNU_SENDFILE)
#define sendfile(fd, s, offset, len, hdtr, flags) kqemul_xnu_sendfile(fd, s, offset, len, hdtr, flags)
#else
#define sendfile(fd, s, offset, nbytes, hdtr, sbytes, flags) kqemul_sendfile(fd, s, offset, nbytes, hdtr, sbytes, flags)
#endif
#endif

#endif
