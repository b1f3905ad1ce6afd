/* SPDX-License-Identifier: Apache-2.0 */
/* Translates sys/event.h beside it to the emulation's numbers. Compiled without foreign.h: here errno is Linux's. */
#define _GNU_SOURCE
#define FOREIGN_TRANSLATOR
#define kevent foreign_struct
#include "sys/event.h"
#undef kevent
#undef EVFILT_READ
#undef EVFILT_WRITE
#undef EVFILT_USER
#undef EV_ADD
#undef EV_DELETE
#undef EV_ENABLE
#undef EV_DISABLE
#undef EV_ONESHOT
#undef EV_CLEAR
#undef EV_RECEIPT
#undef EV_DISPATCH
#undef EV_EOF
#undef EV_ERROR
#undef NOTE_TRIGGER
#include "../../../main/c/emul/include/sys/event.h"

#include <errno.h>
#include <string.h>

#define FOREIGN_MAX 1024
#define FOREIGN_ERRNO 1000

static const struct {
    uint32_t foreign;
    uint16_t native;
} foreign_flags[] = {
    {0x0100, EV_ADD},   {0x0200, EV_DELETE},  {0x0400, EV_ENABLE},   {0x0800, EV_DISABLE}, {0x0001, EV_ONESHOT},
    {0x0002, EV_CLEAR}, {0x0004, EV_RECEIPT}, {0x0008, EV_DISPATCH}, {0x2000, EV_EOF},     {0x1000, EV_ERROR},
};

static const struct {
    uint32_t foreign;
    int16_t native;
} foreign_filters[] = {{0, EVFILT_READ}, {1, EVFILT_WRITE}, {8, EVFILT_USER}};

#define FOREIGN_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void foreign_to_native(const struct foreign_struct *in, struct kevent *out) {
    memset(out, 0, sizeof(*out));
    out->ident = in->ident;
    out->filter = -100;
    for (size_t i = 0; i < FOREIGN_COUNT(foreign_filters); i++) {
        if (foreign_filters[i].foreign == in->filter) {
            out->filter = foreign_filters[i].native;
        }
    }
    for (size_t i = 0; i < FOREIGN_COUNT(foreign_flags); i++) {
        if ((in->flags & foreign_flags[i].foreign) != 0) {
            out->flags |= foreign_flags[i].native;
        }
    }
    out->fflags = out->filter == EVFILT_USER && (in->fflags & 0x40) != 0 ? NOTE_TRIGGER : 0;
    out->data = in->data;
    out->udata = in->udata;
}

static void foreign_from_native(const struct kevent *in, struct foreign_struct *out) {
    memset(out, 0, sizeof(*out));
    out->ident = in->ident;
    for (size_t i = 0; i < FOREIGN_COUNT(foreign_filters); i++) {
        if (foreign_filters[i].native == in->filter) {
            out->filter = foreign_filters[i].foreign;
        }
    }
    for (size_t i = 0; i < FOREIGN_COUNT(foreign_flags); i++) {
        if ((in->flags & foreign_flags[i].native) != 0) {
            out->flags |= foreign_flags[i].foreign;
        }
    }
    int error = (in->flags & EV_ERROR) != 0 && in->data != 0;
    out->data = error ? in->data + FOREIGN_ERRNO : in->data;
    out->fflags = in->fflags != 0 && (in->flags & EV_EOF) != 0 ? in->fflags + FOREIGN_ERRNO : in->fflags;
    out->udata = in->udata;
}

int foreign_errno(void);
const char *foreign_strerror(int error);
int foreign_getsockopt(int fd, int level, int name, void *value, socklen_t *length);

int foreign_kqueue(void) {
    return kqueue();
}

int foreign_kevent(int kq, const struct foreign_struct *changelist, int nchanges, struct foreign_struct *eventlist, int nevents,
                   const struct timespec *timeout) {
    struct kevent native[FOREIGN_MAX];
    for (int i = 0; i < nchanges; i++) {
        foreign_to_native(&changelist[i], &native[i]);
    }
    int n = kevent(kq, native, nchanges, native, nevents, timeout);
    for (int i = 0; i < n; i++) {
        foreign_from_native(&native[i], &eventlist[i]);
    }
    return n;
}

int foreign_errno(void) {
    return errno + FOREIGN_ERRNO;
}

const char *foreign_strerror(int error) {
    return strerror(error - FOREIGN_ERRNO);
}

/* SO_ERROR's value is an errno too. */
int foreign_getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
    int rc = getsockopt(fd, level, name, value, length);
    if (rc == 0 && level == SOL_SOCKET && name == SO_ERROR && *(int *)value != 0) {
        *(int *)value += FOREIGN_ERRNO;
    }
    return rc;
}
