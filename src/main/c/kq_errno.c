/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

#define KQ_ERRNO(name)                                                                                                                                         \
    { name, #name }

static const struct {
    int number;
    const char *name;
} kq_errnos[] = {
    KQ_ERRNO(EPERM),           KQ_ERRNO(ENOENT),       KQ_ERRNO(ESRCH),        KQ_ERRNO(EINTR),        KQ_ERRNO(EIO),           KQ_ERRNO(ENXIO),
    KQ_ERRNO(E2BIG),           KQ_ERRNO(EBADF),        KQ_ERRNO(ECHILD),       KQ_ERRNO(EAGAIN),       KQ_ERRNO(ENOMEM),        KQ_ERRNO(EACCES),
    KQ_ERRNO(EFAULT),          KQ_ERRNO(EBUSY),        KQ_ERRNO(EEXIST),       KQ_ERRNO(ENODEV),       KQ_ERRNO(ENOTDIR),       KQ_ERRNO(EISDIR),
    KQ_ERRNO(EINVAL),          KQ_ERRNO(ENFILE),       KQ_ERRNO(EMFILE),       KQ_ERRNO(ENOTTY),       KQ_ERRNO(EFBIG),         KQ_ERRNO(ENOSPC),
    KQ_ERRNO(ESPIPE),          KQ_ERRNO(EROFS),        KQ_ERRNO(EPIPE),        KQ_ERRNO(EDOM),         KQ_ERRNO(ERANGE),        KQ_ERRNO(EINPROGRESS),
    KQ_ERRNO(EALREADY),        KQ_ERRNO(ENOTSOCK),     KQ_ERRNO(EDESTADDRREQ), KQ_ERRNO(EMSGSIZE),     KQ_ERRNO(EPROTOTYPE),    KQ_ERRNO(ENOPROTOOPT),
    KQ_ERRNO(EPROTONOSUPPORT), KQ_ERRNO(EOPNOTSUPP),   KQ_ERRNO(EAFNOSUPPORT), KQ_ERRNO(EADDRINUSE),   KQ_ERRNO(EADDRNOTAVAIL), KQ_ERRNO(ENETDOWN),
    KQ_ERRNO(ENETUNREACH),     KQ_ERRNO(ENETRESET),    KQ_ERRNO(ECONNABORTED), KQ_ERRNO(ECONNRESET),   KQ_ERRNO(ENOBUFS),       KQ_ERRNO(EISCONN),
    KQ_ERRNO(ENOTCONN),        KQ_ERRNO(ESHUTDOWN),    KQ_ERRNO(ETIMEDOUT),    KQ_ERRNO(ECONNREFUSED), KQ_ERRNO(ELOOP),         KQ_ERRNO(ENAMETOOLONG),
    KQ_ERRNO(EHOSTDOWN),       KQ_ERRNO(EHOSTUNREACH), KQ_ERRNO(ENOTEMPTY),    KQ_ERRNO(ENOLCK),       KQ_ERRNO(ENOSYS),        KQ_ERRNO(EPROTO),
    KQ_ERRNO(EOVERFLOW),       KQ_ERRNO(ECANCELED),    KQ_ERRNO(EILSEQ),
#if defined(ENOTSUP) && ENOTSUP != EOPNOTSUPP
    KQ_ERRNO(ENOTSUP),
#endif
#if defined(ETOOMANYREFS)
    KQ_ERRNO(ETOOMANYREFS),
#endif
#if defined(ENOTCAPABLE)
    KQ_ERRNO(ENOTCAPABLE),
#endif
};

/* The symbol, because numbers differ from system to system; "errno" for one this table lacks (strerror still explains it). */
const char *kq_errno_name(int error) {
    for (size_t i = 0; i < sizeof(kq_errnos) / sizeof(kq_errnos[0]); i++) {
        if (kq_errnos[i].number == error) {
            return kq_errnos[i].name;
        }
    }
    return "errno";
}
