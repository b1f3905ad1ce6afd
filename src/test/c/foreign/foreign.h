/* SPDX-License-Identifier: Apache-2.0 */
/* Included before each source of the C core: errno numbers of the kernel that exists nowhere, 1000 above Linux's. */
#ifndef KQ_FOREIGN_H
#define KQ_FOREIGN_H

#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The wrappers of the emulation see what these calls do to knotes. */
int kqemul_close(int fd);
int kqemul_dup2(int from, int to);
int kqemul_shutdown(int fd, int how);
ssize_t kqemul_read(int fd, void *buffer, size_t length);
ssize_t kqemul_recvmsg(int fd, struct msghdr *message, int flags);
#define close(fd) kqemul_close(fd)
#define dup2(from, to) kqemul_dup2(from, to)
#define shutdown(fd, how) kqemul_shutdown(fd, how)
#define read(fd, buffer, length) kqemul_read(fd, buffer, length)
#define recvmsg(fd, message, flags) kqemul_recvmsg(fd, message, flags)

struct sf_hdtr {
    struct iovec *headers;
    int hdr_cnt;
    struct iovec *trailers;
    int trl_cnt;
};
int kqemul_sendfile(int fd, int s, off_t offset, size_t nbytes, struct sf_hdtr *hdtr, off_t *sbytes, int flags);
#define sendfile(fd, s, offset, nbytes, hdtr, sbytes, flags) kqemul_sendfile(fd, s, offset, nbytes, hdtr, sbytes, flags)

int foreign_errno(void);
const char *foreign_strerror(int error);
int foreign_getsockopt(int fd, int level, int name, void *value, socklen_t *length);
#undef errno
#define errno (foreign_errno())
#define strerror(error) foreign_strerror(error)
#define getsockopt(fd, level, name, value, length) foreign_getsockopt(fd, level, name, value, length)

#undef EPERM
#define EPERM 1001
#undef ENOENT
#define ENOENT 1002
#undef ESRCH
#define ESRCH 1003
#undef EINTR
#define EINTR 1004
#undef EIO
#define EIO 1005
#undef ENXIO
#define ENXIO 1006
#undef E2BIG
#define E2BIG 1007
#undef EBADF
#define EBADF 1009
#undef ECHILD
#define ECHILD 1010
#undef EAGAIN
#define EAGAIN 1011
#undef ENOMEM
#define ENOMEM 1012
#undef EACCES
#define EACCES 1013
#undef EFAULT
#define EFAULT 1014
#undef EBUSY
#define EBUSY 1016
#undef EEXIST
#define EEXIST 1017
#undef ENODEV
#define ENODEV 1019
#undef ENOTDIR
#define ENOTDIR 1020
#undef EISDIR
#define EISDIR 1021
#undef EINVAL
#define EINVAL 1022
#undef ENFILE
#define ENFILE 1023
#undef EMFILE
#define EMFILE 1024
#undef ENOTTY
#define ENOTTY 1025
#undef EFBIG
#define EFBIG 1027
#undef ENOSPC
#define ENOSPC 1028
#undef ESPIPE
#define ESPIPE 1029
#undef EROFS
#define EROFS 1030
#undef EPIPE
#define EPIPE 1032
#undef EDOM
#define EDOM 1033
#undef ERANGE
#define ERANGE 1034
#undef ENAMETOOLONG
#define ENAMETOOLONG 1036
#undef ENOLCK
#define ENOLCK 1037
#undef ENOSYS
#define ENOSYS 1038
#undef ENOTEMPTY
#define ENOTEMPTY 1039
#undef ELOOP
#define ELOOP 1040
#undef EPROTO
#define EPROTO 1071
#undef EOVERFLOW
#define EOVERFLOW 1075
#undef EILSEQ
#define EILSEQ 1084
#undef ENOTSOCK
#define ENOTSOCK 1088
#undef EDESTADDRREQ
#define EDESTADDRREQ 1089
#undef EMSGSIZE
#define EMSGSIZE 1090
#undef EPROTOTYPE
#define EPROTOTYPE 1091
#undef ENOPROTOOPT
#define ENOPROTOOPT 1092
#undef EPROTONOSUPPORT
#define EPROTONOSUPPORT 1093
#undef EOPNOTSUPP
#define EOPNOTSUPP 1095
#undef EAFNOSUPPORT
#define EAFNOSUPPORT 1097
#undef EADDRINUSE
#define EADDRINUSE 1098
#undef EADDRNOTAVAIL
#define EADDRNOTAVAIL 1099
#undef ENETDOWN
#define ENETDOWN 1100
#undef ENETUNREACH
#define ENETUNREACH 1101
#undef ENETRESET
#define ENETRESET 1102
#undef ECONNABORTED
#define ECONNABORTED 1103
#undef ECONNRESET
#define ECONNRESET 1104
#undef ENOBUFS
#define ENOBUFS 1105
#undef EISCONN
#define EISCONN 1106
#undef ENOTCONN
#define ENOTCONN 1107
#undef ESHUTDOWN
#define ESHUTDOWN 1108
#undef ETOOMANYREFS
#define ETOOMANYREFS 1109
#undef ETIMEDOUT
#define ETIMEDOUT 1110
#undef ECONNREFUSED
#define ECONNREFUSED 1111
#undef EHOSTDOWN
#define EHOSTDOWN 1112
#undef EHOSTUNREACH
#define EHOSTUNREACH 1113
#undef EALREADY
#define EALREADY 1114
#undef EINPROGRESS
#define EINPROGRESS 1115
#undef ECANCELED
#define ECANCELED 1125
#undef ENOTSUP
#define ENOTSUP EOPNOTSUPP

#endif
