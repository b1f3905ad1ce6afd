/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kqueue of a kernel that exists nowhere: NetBSD's shape (32-bit filter and flags, EVFILT_READ is 0) and numbers of its own for every
 * constant. foreign.c runs it on the emulation. A library built with it works only if nothing above C knows a kernel's number.
 */
#ifndef KQ_FOREIGN_EVENT_H
#define KQ_FOREIGN_EVENT_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct kevent {
    uintptr_t ident;
    uint32_t filter;
    uint32_t flags;
    uint32_t fflags;
    int64_t data;
    void *udata;
    uint64_t ext[4];
};

#define EVFILT_READ 0
#define EVFILT_WRITE 1
#define EVFILT_USER 8

#define EV_ADD 0x0100
#define EV_DELETE 0x0200
#define EV_ENABLE 0x0400
#define EV_DISABLE 0x0800
#define EV_ONESHOT 0x0001
#define EV_CLEAR 0x0002
#define EV_RECEIPT 0x0004
#define EV_DISPATCH 0x0008
#define EV_EOF 0x2000
#define EV_ERROR 0x1000

#define NOTE_TRIGGER 0x00000040

int foreign_kqueue(void);
int foreign_kevent(int kq, const struct kevent *changelist, int nchanges, struct kevent *eventlist, int nevents, const struct timespec *timeout);

#if !defined(FOREIGN_TRANSLATOR)
#define kqueue foreign_kqueue
#define kevent(kq, changelist, nchanges, eventlist, nevents, timeout) foreign_kevent(kq, changelist, nchanges, eventlist, nevents, timeout)
#endif

#endif
