/* SPDX-License-Identifier: Apache-2.0 */

/* Descriptors: what epoll is told of them and what it says. */
#include "emul.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLPRI == POLLPRI && EPOLLERR == POLLERR && EPOLLHUP == POLLHUP,
               "epoll and poll share their bits");

/* POLLRDHUP hides behind _GNU_SOURCE; the kernel's number is that of epoll on all but sparc. */
#define POLL_EVENTS ((short)(EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP))

static bool grow(struct kqueue *kq, int fd) {
    size_t count = kq->nnodes > 0 ? kq->nnodes : 64;
    while (count <= (size_t)fd)
        count *= 2;
    struct fdnode **nodes = realloc(kq->nodes, count * sizeof(struct fdnode *));
    if (nodes == NULL)
        return false;
    for (size_t i = kq->nnodes; i < count; i++)
        nodes[i] = NULL;
    kq->nodes = nodes;
    kq->nnodes = count;
    return true;
}

/* NULL: no memory. */
struct fdnode *kqemul_node(struct kqueue *kq, int fd) {
    if (kqemul_state(fd) == NULL)
        return NULL;
    if ((size_t)fd >= kq->nnodes && !grow(kq, fd))
        return NULL;
    if (kq->nodes[fd] == NULL) {
        struct fdnode *node = calloc(1, sizeof *node);
        if (node == NULL)
            return NULL;
        node->kq = kq;
        node->fd = fd;
        kq->nodes[fd] = node;
    }
    return kq->nodes[fd];
}

struct knote *kqemul_slot(struct fdnode *node, short filter) {
    if (filter == EVFILT_READ)
        return &node->knotes[NODE_READ];
    return &node->knotes[filter == EVFILT_WRITE ? NODE_WRITE : NODE_EXCEPT];
}

static int control(struct fdnode *node, int operation, uint32_t mask) {
    struct epoll_event event = {
        .events = mask,
        .data.u64 = (uint64_t)node->generation << 32 | (uint32_t)node->fd,
    };
    return epoll_ctl(node->kq->fd, operation, node->fd, &event) < 0 ? errno : 0;
}

static int first_watch(struct fdnode *node, uint32_t mask) {
    node->generation++;
    node->bits = 0;
    node->stamp = node->kq->stamp - 1;
    node->seen = 0;
    node->seencomplete = true;
    node->type = FD_UNKNOWN;
    int error = control(node, EPOLL_CTL_ADD, mask);
    /* The ghost of this very file: closed without us, and back under the same number. */
    if (error == EEXIST)
        error = control(node, EPOLL_CTL_MOD, mask);
    if (error == EPERM) {
        node->type = FD_FILE;
        error = 0;
    } else if (error == ELOOP) {
        error = EINVAL;
    }
    if (error == 0)
        node->mask = mask;
    return error;
}

/* Tells epoll again, which makes it look again. ENOENT: the file behind the number changed, the knotes are gone. */
int kqemul_rewatch(struct fdnode *node) {
    if (node->type == FD_FILE)
        return 0;
    int error = control(node, EPOLL_CTL_MOD, node->mask);
    if (error != 0) {
        struct fdstate *state = kqemul_state(node->fd);
        kqemul_drop_node(node);
        atomic_store(&state->error, 0);
        atomic_store(&state->shutread, false);
        atomic_store(&state->shutwrite, false);
    }
    return error;
}

/* A node without knotes may still be in epoll, so this is not always the first time. */
static int add_events(struct knote *kn, uint32_t mask) {
    struct fdnode *node = kn->node;
    unsigned status = kn->status;
    mask |= node->mask;
    node->mask = mask;
    kn->status = 0; /* not one of those that go if the file has changed */
    int error = kqemul_rewatch(node);
    if (error == ENOENT)
        error = first_watch(node, mask);
    kn->status = status;
    return error;
}

/*
 * A READ knote beside a WRITE knote: epoll has been told of input already, and whatever it said of it is in `seen`.
 * Not without the WRITE knote: the number may have been closed since, which only a call to epoll would show.
 */
static bool already_watched(const struct knote *kn) {
    const struct fdnode *node = kn->node;
    return kn->fop->filter == EVFILT_READ && (kn->sfflags & KQEMUL_NOTE_NODATA) && node->seencomplete && (node->knotes[NODE_WRITE].status & KN_ATTACHED);
}

/* The attach of a filter on a descriptor. What is ready now comes with the next epoll wait. */
int kqemul_watch(struct knote *kn) {
    struct fdnode *node = kn->node;
    /* Input is part of every mask: a WRITE knote of a connecting socket is followed by a READ knote. */
    uint32_t mask = kn->fop->events | EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
    int error = 0;
    if (node->mask == 0) {
        error = first_watch(node, mask);
    } else if (node->type != FD_FILE && !already_watched(kn)) {
        error = add_events(kn, mask);
    } else if (node->type != FD_FILE && node->seen != 0) {
        node->bits = node->seen;
        node->stamp = node->kq->stamp;
        kqemul_enqueue(kn);
    }
    if (kn->fop->filter == EVFILT_READ)
        node->seen = 0;
    if (error == 0 && node->type == FD_FILE) {
        link_append(&node->kq->files, &kn->link);
        kqemul_enqueue(kn);
    }
    return error;
}

/*
 * epoll says all that is true, not what changed. Of a direction whose end was reported nothing new can come but another
 * end (an RST after the FIN): a re-armed WRITE knote does not repeat READ's EV_EOF, the ACK of our FIN not WRITE's.
 */
static bool is_news(const struct knote *kn, uint32_t bits) {
    const uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    if (!(bits & (kn->fop->events | EPOLLERR | EPOLLHUP)))
        return false;
    /* Not so a FIFO's reader: a new writer may have come and gone, which leaves the same bits. */
    bool last = kn->fop->filter == EVFILT_WRITE || (bits & EPOLLRDHUP);
    if ((kn->status & KN_KICKED) || !(kn->kev.flags & EV_EOF) || !last)
        return true;
    return (bits & ends) != (kn->reported & ends);
}

static void heard(struct fdnode *node, uint32_t bits) {
    node->bits = bits;
    node->stamp = node->kq->stamp;
    bool any = false;
    for (int i = 0; i < NODE_KNOTES; i++) {
        struct knote *kn = &node->knotes[i];
        if (!(kn->status & KN_ATTACHED))
            continue;
        any = true;
        if (is_news(kn, bits))
            kqemul_enqueue(kn);
        kn->status &= ~(unsigned)KN_KICKED;
    }
    if (!any) {
        /* Failure means that the number has another file by now; then there is nothing to delete. */
        control(node, EPOLL_CTL_DEL, 0);
        node->mask = 0;
    } else if (!(node->knotes[NODE_READ].status & KN_ATTACHED)) {
        node->seen |= bits & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    }
}

void kqemul_harvest(struct kqueue *kq, const struct epoll_event *events, int count) {
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == KQEMUL_WAKE) {
            kq->woken = false;
            continue;
        }
        struct fdnode *node = kq->nodes[(uint32_t)events[i].data.u64];
        if (node->generation == (uint32_t)(events[i].data.u64 >> 32))
            heard(node, events[i].events);
    }
}

/* What is ready now: from epoll if it spoke within this turn, else asked anew. */
uint32_t kqemul_bits(struct fdnode *node) {
    if (node->stamp != node->kq->stamp) {
        struct pollfd ask = {.fd = node->fd, .events = POLL_EVENTS};
        if (poll(&ask, 1, 0) < 0 || (ask.revents & POLLNVAL))
            return 0;
        node->bits = (uint32_t)(unsigned short)ask.revents;
        node->stamp = node->kq->stamp;
    }
    return node->bits;
}
