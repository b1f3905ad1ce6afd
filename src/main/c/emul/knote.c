/* SPDX-License-Identifier: Apache-2.0 */

/* Knotes: what one change does, and the active queue. The rules are those of FreeBSD's kqueue_register(). */
#include "emul.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool noexcept_switch;
static atomic_bool stuckwrite_switch;

int kqemul_switch(const char *name, int on) {
    static const struct {
        const char *name;
        atomic_bool *value;
    } switches[] = {{"noexcept", &noexcept_switch}, {"stuckwrite", &stuckwrite_switch}};
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        if (strcmp(switches[i].name, name) == 0) {
            atomic_store(switches[i].value, on != 0);
            return 0;
        }
    }
    return EINVAL;
}

/* True of a knote that goes on firing while its filter is true, whatever its flags: such as a serial line's driver. */
bool kqemul_stuck(struct knote *kn) {
    return kn->fop->filter == EVFILT_WRITE && atomic_load_explicit(&stuckwrite_switch, memory_order_relaxed) && kqemul_type(kn->node) == FD_OTHER;
}

const struct filterops *kqemul_filter(short filter) {
    if (filter == EVFILT_EXCEPT && atomic_load_explicit(&noexcept_switch, memory_order_relaxed))
        return NULL;
    static const struct filterops *const all[] = {
        &kqemul_filter_read,
        &kqemul_filter_write,
        &kqemul_filter_user,
        &kqemul_filter_except,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]->filter == filter)
            return all[i];
    return NULL;
}

/* Ends one epoll wait of this kqueue, and tells the kqueue it is in; without either it costs nothing. */
void kqemul_wake(struct kqueue *kq) {
    if (kq->woken || (kq->sleepers == 0 && !kq->watched))
        return;
    kq->woken = true;
    kq->towrite = true;
}

/* Writes after the unlock: a waiter woken earlier would go straight to sleep again, on the mutex. */
void kqemul_unlock(struct kqueue *kq) {
    bool towrite = kq->towrite;
    kq->towrite = false;
    pthread_mutex_unlock(&kq->lock);
    if (!towrite)
        return;
    /* Never read: each write is an edge of its own. It cannot fail before 2^64 of them. */
    ssize_t written = write(kq->wakefd, &(uint64_t){1}, sizeof(uint64_t));
    (void)written;
}

/* Queues a knote whose filter may be true: the scan runs the filter before it delivers anything. */
void kqemul_enqueue(struct knote *kn) {
    if (kn->status & (KN_QUEUED | KN_DISABLED))
        return;
    kn->status |= KN_QUEUED;
    link_append(&kn->kq->active, &kn->active);
    kn->kq->count++;
}

void kqemul_dequeue(struct knote *kn) {
    if (!(kn->status & KN_QUEUED))
        return;
    kn->status &= ~(unsigned)KN_QUEUED;
    link_remove(&kn->active);
    kn->kq->count--;
}

static void activate(struct knote *kn) {
    kqemul_enqueue(kn);
    kqemul_wake(kn->kq);
}

/* epoll keeps the descriptor until it next has something to say of it: deleting a knote costs no system call. */
void kqemul_drop(struct knote *kn) {
    kqemul_dequeue(kn);
    if (kn->node == NULL) {
        link_remove(&kn->link);
        free(kn);
        return;
    }
    if (kn->node->type == FD_FILE)
        link_remove(&kn->link);
    if (kn->fop->filter == EVFILT_READ)
        kn->node->seencomplete = false;
    kn->status = 0;
    atomic_fetch_sub(&kqemul_state(kn->node->fd)->knotes, 1);
}

/* The descriptor number has got another file, or none. */
void kqemul_drop_node(struct fdnode *node) {
    for (int i = 0; i < NODE_KNOTES; i++)
        if (node->knotes[i].status & KN_ATTACHED)
            kqemul_drop(&node->knotes[i]);
    node->mask = 0;
    node->type = FD_UNKNOWN;
    node->generation++;
}

static struct knote *find_user(struct kqueue *kq, uintptr_t ident) {
    LINK_EACH(item, &kq->user) {
        struct knote *kn = LINK_OWNER(item, struct knote, link);
        if (kn->kev.ident == ident)
            return kn;
    }
    return NULL;
}

static struct knote *find(struct kqueue *kq, const struct filterops *fop, uintptr_t ident) {
    if (!fop->isfd)
        return find_user(kq, ident);
    if (ident >= kq->nnodes || kq->nodes[ident] == NULL)
        return NULL;
    struct knote *kn = kqemul_slot(kq->nodes[ident], fop->filter);
    return kn->status & KN_ATTACHED ? kn : NULL;
}

static struct knote *new_knote(struct kqueue *kq, const struct filterops *fop, uintptr_t ident) {
    if (!fop->isfd)
        return calloc(1, sizeof(struct knote));
    struct fdnode *node = kqemul_node(kq, (int)ident);
    if (node == NULL)
        return NULL;
    struct knote *kn = kqemul_slot(node, fop->filter);
    *kn = (struct knote){.node = node};
    return kn;
}

static int add(struct kqueue *kq, const struct filterops *fop, struct kevent *kev) {
    struct knote *kn = new_knote(kq, fop, kev->ident);
    if (kn == NULL)
        return ENOMEM;
    kn->kq = kq;
    kn->fop = fop;
    kn->sfflags = kev->fflags;
    kn->sdata = kev->data;
    kev->fflags = 0;
    kev->data = 0;
    kn->kev = *kev;
    kn->kev.flags &= (unsigned short)~(EV_ADD | EV_DELETE | EV_ENABLE | EV_DISABLE | EV_FORCEONESHOT);
    kn->lastdata = INT64_MIN;
    kn->status = KN_ATTACHED | (kev->flags & EV_DISABLE ? KN_DISABLED : 0);
    int error = fop->attach(kn);
    if (error != 0) {
        kqemul_dequeue(kn);
        kn->status = 0;
        if (kn->node == NULL)
            free(kn);
        return error;
    }
    if (kn->node != NULL)
        atomic_fetch_add(&kqemul_state(kn->node->fd)->knotes, 1);
    return 0;
}

static void modify(struct knote *kn, struct kevent *kev) {
    if (kev->flags & EV_FORCEONESHOT) {
        kn->kev.flags |= EV_ONESHOT;
        kn->status |= KN_FORCED;
        activate(kn);
    }
    if (kev->flags & EV_ENABLE)
        kn->status &= ~(unsigned)KN_DISABLED;
    else if (kev->flags & EV_DISABLE)
        kn->status |= KN_DISABLED;
    kn->kev.udata = kev->udata;
    if (kn->fop->touch != NULL) {
        kn->fop->touch(kn, kev, TOUCH_REGISTER);
    } else {
        kn->sfflags = kev->fflags;
        kn->sdata = kev->data;
    }
    kn->lastdata = INT64_MIN;
    if (kn->fop->isfd) {
        /* After EV_ADD epoll has looked again and will say what it found. */
        if (!(kev->flags & EV_ADD) || kn->node->type == FD_FILE)
            activate(kn);
        else
            kn->status |= KN_KICKED;
    } else if (kn->fop->event(kn)) {
        activate(kn);
    }
}

/* Applies one change; like FreeBSD's it leaves its marks on kev. Returns an errno. */
int kqemul_register(struct kqueue *kq, struct kevent *kev) {
    if ((kev->flags & (EV_ENABLE | EV_DISABLE)) == (EV_ENABLE | EV_DISABLE))
        return EINVAL;
    const struct filterops *fop = kqemul_filter(kev->filter);
    if (fop == NULL)
        return EINVAL;
    if (fop->isfd && kev->ident > INT_MAX)
        return EBADF;
    if (fop->isfd && (int)kev->ident == kq->fd)
        return EINVAL;
    struct knote *kn = find(kq, fop, kev->ident);
    if (kn == NULL) {
        bool adds = kev->flags & EV_ADD;
        /* Before the table grows for a number that nobody has; for those within it epoll says so. */
        if (fop->isfd && (!adds || kev->ident >= kq->nnodes) && fcntl((int)kev->ident, F_GETFD) < 0)
            return EBADF;
        return adds ? add(kq, fop, kev) : ENOENT;
    }
    if (kev->flags & EV_DELETE) {
        kqemul_drop(kn);
        return 0;
    }
    if (fop->isfd && (kev->flags & EV_ADD)) {
        int error = kqemul_rewatch(kn->node);
        if (error == ENOENT)
            return add(kq, fop, kev);
        if (error != 0)
            return error;
    }
    modify(kn, kev);
    return 0;
}
