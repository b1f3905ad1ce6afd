/* SPDX-License-Identifier: Apache-2.0 */

#include "emul.h"

#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static int read_attach(struct knote *kn) {
    int error = kqemul_watch(kn);
    if (error != 0)
        return error;
    struct kqueue *inner = kqemul_enter(kn->node->fd);
    if (inner != NULL) {
        /* From now on its activations have to reach an epoll that has it inside. */
        pthread_mutex_lock(&inner->lock);
        inner->watched = true;
        kqemul_wake(inner);
        kqemul_unlock(inner);
        kqemul_leave(inner);
        kn->node->type = FD_KQUEUE;
    }
    return 0;
}

/* Bytes, or connections of a listener; 0 if the file cannot tell. */
static int64_t available(struct fdnode *node) {
    int bytes = 0;
    int64_t backlog = -1;
    /* Asked before the type, which it tells: a listener then costs one call per event from the first one on. */
    if (node->type == FD_UNKNOWN || node->type == FD_TCP_LISTENER)
        backlog = kqemul_backlog(node);
    if (backlog >= 0)
        return backlog;
    if (ioctl(node->fd, FIONREAD, &bytes) == 0)
        return bytes;
    if (errno != EINVAL)
        return 0;
    /* EINVAL of a stream socket: it listens. */
    enum fdtype type = kqemul_type(node);
    if (type == FD_TCP)
        backlog = kqemul_backlog(node);
    else if (type == FD_STREAM)
        node->type = FD_STREAM_LISTENER;
    return backlog >= 0 ? backlog : 0;
}

/* Like FreeBSD's filt_vfsread(): ready unless at the end, and negative behind it. */
static bool file_event(struct knote *kn) {
    struct stat status;
    if (fstat(kn->node->fd, &status) < 0)
        return false;
    if (S_ISREG(status.st_mode)) {
        off_t offset = lseek(kn->node->fd, 0, SEEK_CUR);
        kn->kev.data = status.st_size - (offset < 0 ? 0 : offset);
        if (kn->kev.data == 0)
            return false;
    }
    if ((kn->kev.flags & EV_CLEAR) && kn->kev.data == kn->lastdata)
        return false;
    kn->lastdata = kn->kev.data;
    return true;
}

static bool ended(struct knote *kn, unsigned error) {
    kn->kev.flags |= EV_EOF;
    kn->kev.fflags = error;
    kn->reported = kn->node->bits;
    return true;
}

/* Linux counts and reads up to the urgent mark and a BSD counts what is behind it, too: without that a short read would look like the last one. */
static void count_past_mark(struct knote *kn, uint32_t bits) {
    if (bits & EPOLLPRI)
        kn->kev.data = INT_MAX;
}

static bool inexact_event(struct knote *kn) {
    unsigned error;
    uint32_t bits = kqemul_bits(kn->node);
    unsigned ends = kqemul_ends(kn->node, bits, &error);
    kn->kev.data = -1;
    count_past_mark(kn, bits);
    if (ends & END_READ)
        return ended(kn, error);
    if (ends & END_UNCONNECTED)
        return false;
    return error != 0 || (bits & (EPOLLIN | EPOLLERR));
}

static bool exact_event(struct knote *kn) {
    struct fdnode *node = kn->node;
    unsigned error;
    int64_t data = available(node);
    enum fdtype type = kqemul_type(node);
    bool stream = type == FD_TCP || type == FD_STREAM || type == FD_TCP_LISTENER;
    /* Hang-ups of a stream stay and are edges of their own, so what epoll said last is still true. */
    uint32_t bits = stream ? node->bits : kqemul_bits(node);
    /* The write end of a pipe counts the same bytes. */
    if (type == FD_PIPE && !(bits & EPOLLIN))
        data = 0;
    unsigned ends = kqemul_ends(node, bits, &error);
    /* Ready, and nothing to count it by. */
    if ((type == FD_STREAM_LISTENER || type == FD_OTHER) && (bits & EPOLLIN) && data == 0 && !(ends & END_READ))
        data = 1;
    if (type == FD_STREAM_LISTENER && data > 0)
        kn->status |= KN_STAY;
    kn->kev.data = data;
    if (bits & EPOLLIN)
        count_past_mark(kn, bits);
    if (ends & END_READ) {
        if (type == FD_TCP_LISTENER && error == 0)
            error = ECONNABORTED;
        return ended(kn, error);
    }
    if (ends & END_UNCONNECTED)
        return false;
    if (kn->sfflags & NOTE_LOWAT)
        return error != 0 || data >= kn->sdata;
    /* An empty datagram, or TCP data behind an urgent byte, is ready with nothing to count. */
    return error != 0 || data > 0 || (type != FD_TCP_LISTENER && (kqemul_bits(node) & (EPOLLIN | EPOLLERR)));
}

static bool read_event(struct knote *kn) {
    kn->kev.flags &= (unsigned short)~EV_EOF;
    kn->kev.fflags = 0;
    kn->status &= ~(unsigned)KN_STAY;
    if (kn->node->type == FD_FILE)
        return file_event(kn);
    if (kn->node->type == FD_KQUEUE) {
        kn->kev.data = kqemul_pending(kn->node->fd);
        return kn->kev.data > 0;
    }
    if ((kn->sfflags & KQEMUL_NOTE_NODATA) && !(kn->sfflags & NOTE_LOWAT))
        return inexact_event(kn);
    return exact_event(kn);
}

const struct filterops kqemul_filter_read = {
    .filter = EVFILT_READ,
    .isfd = true,
    .events = EPOLLIN | EPOLLRDHUP,
    .attach = read_attach,
    .event = read_event,
};
