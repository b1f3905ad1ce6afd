/* SPDX-License-Identifier: Apache-2.0 */

#include "emul.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

static bool inexact(const struct knote *kn) {
    return (kn->sfflags & KQEMUL_NOTE_NODATA) && !(kn->sfflags & NOTE_LOWAT);
}

static int write_attach(struct knote *kn) {
    unsigned error;
    if (atomic_load(&kqemul_state(kn->node->fd)->kq) != NULL)
        return EINVAL;
    int failed = kqemul_watch(kn);
    if (failed != 0 || inexact(kn) || kn->node->type == FD_FILE)
        return failed;
    /* FreeBSD's pipe_kqfilter() refuses a pipe without a reader. */
    uint32_t bits = kqemul_bits(kn->node);
    if ((bits & EPOLLERR) && kqemul_type(kn->node) == FD_PIPE && (kqemul_ends(kn->node, bits, &error) & END_WRITE))
        return EPIPE;
    return 0;
}

static int64_t space(struct fdnode *node) {
    int used = 0;
    int size = 0;
    socklen_t length = sizeof size;
    if (kqemul_type(node) == FD_PIPE) {
        size = fcntl(node->fd, F_GETPIPE_SZ);
        if (size < 0 || ioctl(node->fd, FIONREAD, &used) < 0)
            return 1;
    } else if (getsockopt(node->fd, SOL_SOCKET, SO_SNDBUF, &size, &length) < 0 || ioctl(node->fd, SIOCOUTQ, &used) < 0) {
        return 1;
    }
    return size > used ? size - used : 0;
}

static bool ended(struct knote *kn, unsigned error) {
    kn->kev.flags |= EV_EOF;
    kn->kev.fflags = error;
    kn->reported = kn->node->bits;
    /* FreeBSD: a pipe without a reader will not get one, so the knote goes with its event. */
    if (kn->node->type == FD_PIPE)
        kn->kev.flags |= EV_ONESHOT;
    return true;
}

static bool write_event(struct knote *kn) {
    struct fdnode *node = kn->node;
    unsigned error;
    kn->kev.flags &= (unsigned short)~EV_EOF;
    kn->kev.fflags = 0;
    if (node->type == FD_FILE) {
        bool again = !(kn->kev.flags & EV_CLEAR) || kn->lastdata == INT64_MIN;
        kn->kev.data = 1;
        kn->lastdata = 1;
        return again;
    }
    uint32_t bits = kqemul_bits(node);
    unsigned ends = kqemul_ends(node, bits, &error);
    if (ends & END_UNCONNECTED)
        return false;
    kn->kev.data = inexact(kn) ? -1 : 0;
    if (!inexact(kn) && (bits & EPOLLOUT))
        kn->kev.data = space(node);
    if (ends & END_WRITE)
        return ended(kn, error);
    if (error != 0)
        return true;
    if (kn->sfflags & NOTE_LOWAT)
        return (bits & EPOLLOUT) && kn->kev.data >= kn->sdata;
    return bits & EPOLLOUT;
}

const struct filterops kqemul_filter_write = {
    .filter = EVFILT_WRITE,
    .isfd = true,
    .events = EPOLLOUT,
    .attach = write_attach,
    .event = write_event,
};
