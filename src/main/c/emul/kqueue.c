/* SPDX-License-Identifier: Apache-2.0 */

/* kqueue() and kevent(): changes first, then one epoll wait, then the active queue. */
#include "emul.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

_Static_assert(sizeof(struct timespec) == 16, "epoll_pwait2 takes the 64-bit timespec");

enum { BATCH = 256, NANOS = 1000000000 };

/* When a kevent() gives up. */
struct deadline {
    bool never;
    bool now;
    struct timespec at;
};

int kqueue(void) {
    struct kqueue *kq = calloc(1, sizeof *kq);
    if (kq == NULL)
        return -1;
    pthread_mutex_init(&kq->lock, NULL);
    link_init(&kq->active);
    link_init(&kq->user);
    link_init(&kq->files);
    struct epoll_event wake = {.events = EPOLLIN | EPOLLET, .data.u64 = KQEMUL_WAKE};
    kq->fd = epoll_create1(EPOLL_CLOEXEC);
    kq->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (kq->fd < 0 || kq->wakefd < 0 || epoll_ctl(kq->fd, EPOLL_CTL_ADD, kq->wakefd, &wake) < 0)
        goto fail;
    if (kqemul_insert(kq))
        return kq->fd;
    errno = ENOMEM;
fail:;
    int error = errno;
    if (kq->fd >= 0)
        close(kq->fd);
    if (kq->wakefd >= 0)
        close(kq->wakefd);
    free(kq);
    errno = error;
    return -1;
}

/* The number is no kqueue any more: gets everyone out, then frees. Closing the number itself is left to the caller. */
void kqemul_destroy(struct kqueue *kq) {
    pthread_mutex_lock(&kq->lock);
    kq->closed = true;
    kqemul_wake(kq);
    kqemul_unlock(kq);
    kqemul_wait_unused(kq);
    while (!link_empty(&kq->user))
        kqemul_drop(LINK_OWNER(kq->user.next, struct knote, link));
    for (size_t i = 0; i < kq->nnodes; i++) {
        if (kq->nodes[i] == NULL)
            continue;
        kqemul_drop_node(kq->nodes[i]);
        free(kq->nodes[i]);
    }
    close(kq->wakefd);
    free(kq->nodes);
    pthread_mutex_destroy(&kq->lock);
    free(kq);
}

static int wait_millis(int fd, struct epoll_event *events, int room, const struct timespec *left) {
    int64_t millis = -1;
    if (left != NULL && left->tv_sec >= INT_MAX / 1000)
        millis = INT_MAX;
    else if (left != NULL)
        millis = (int64_t)left->tv_sec * 1000 + (left->tv_nsec + 999999) / 1000000;
    return epoll_wait(fd, events, room, (int)millis);
}

/* epoll_wait() with nanoseconds; left NULL: for ever. */
static int wait_epoll(int fd, struct epoll_event *events, int room, const struct timespec *left) {
    static atomic_bool missing;
    if (left == NULL || (left->tv_sec == 0 && left->tv_nsec == 0) || atomic_load_explicit(&missing, memory_order_relaxed))
        return wait_millis(fd, events, room, left);
    long count = syscall(SYS_epoll_pwait2, fd, events, room, left, NULL, 0);
    /* EPERM: a seccomp filter older than the call. */
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) {
        atomic_store(&missing, true);
        return wait_millis(fd, events, room, left);
    }
    return (int)count;
}

static struct timespec time_left(const struct deadline *deadline) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct timespec left = {deadline->at.tv_sec - now.tv_sec, deadline->at.tv_nsec - now.tv_nsec};
    if (left.tv_nsec < 0) {
        left.tv_sec--;
        left.tv_nsec += NANOS;
    }
    if (left.tv_sec < 0)
        return (struct timespec){0, 0};
    return left;
}

static int sleep_epoll(struct kqueue *kq, struct epoll_event *events, int room, const struct deadline *deadline) {
    kq->sleepers++;
    kqemul_unlock(kq);
    struct timespec left = {0, 0};
    if (!deadline->never)
        left = time_left(deadline);
    int count = wait_epoll(kq->fd, events, room, deadline->never ? NULL : &left);
    int error = errno;
    pthread_mutex_lock(&kq->lock);
    kq->sleepers--;
    kq->stamp++;
    errno = error;
    return count;
}

/* One epoll wait; sleeps only if nothing is queued. Returns the number of epoll's events, or -1. */
static int gather(struct kqueue *kq, int room, const struct deadline *deadline, bool *slept) {
    struct epoll_event events[BATCH];
    *slept = !deadline->now && link_empty(&kq->active);
    int count = *slept ? sleep_epoll(kq, events, room, deadline) : epoll_wait(kq->fd, events, room, 0);
    if (count > 0)
        kqemul_harvest(kq, events, count);
    return count;
}

/* epoll is silent about files, so each kevent() looks at them once. */
static void queue_files(struct kqueue *kq) {
    LINK_EACH(item, &kq->files) {
        kqemul_enqueue(LINK_OWNER(item, struct knote, link));
    }
}

/* True: written to *kev. What FreeBSD's kqueue_scan() does with one knote. */
static bool deliver(struct knote *kn, struct kevent *kev) {
    bool forced = kn->status & KN_FORCED;
    kqemul_dequeue(kn);
    if (kn->status & KN_DISABLED)
        return false;
    if (!kn->fop->event(kn) && !forced)
        return false;
    if (kn->kev.flags & EV_ONESHOT) {
        *kev = kn->kev;
        kqemul_drop(kn);
        return true;
    }
    if (kn->fop->touch != NULL)
        kn->fop->touch(kn, kev, TOUCH_PROCESS);
    else
        *kev = kn->kev;
    if (kqemul_stuck(kn))
        kqemul_enqueue(kn);
    else if (kn->kev.flags & EV_DISPATCH)
        kn->status |= KN_DISABLED;
    else if (!(kn->kev.flags & EV_CLEAR) || (kn->status & KN_STAY))
        kqemul_enqueue(kn);
    return true;
}

static int scan(struct kqueue *kq, struct kevent *eventlist, int nevents, const struct deadline *deadline) {
    int room = nevents < BATCH ? nevents : BATCH;
    queue_files(kq);
    for (;;) {
        bool slept;
        int heard = gather(kq, room, deadline, &slept);
        int error = errno;
        if (kq->closed) {
            kqemul_wake(kq);
            errno = EBADF;
            return -1;
        }
        int delivered = 0;
        unsigned queued = kq->count; /* not those that go back to the tail */
        while (queued > 0 && delivered < nevents) {
            queued--;
            if (deliver(LINK_OWNER(kq->active.next, struct knote, active), &eventlist[delivered]))
                delivered++;
        }
        if (queued > 0)
            kqemul_wake(kq);
        if (delivered > 0)
            return delivered;
        if (heard < 0) {
            errno = error;
            return -1;
        }
        if (heard < room && (deadline->now || (slept && heard == 0)))
            return 0;
    }
}

/* Returns true when the call ends here, with *result. */
static bool apply(struct kqueue *kq, const struct kevent *changelist, int nchanges, struct kevent *eventlist, int nevents, int *result) {
    int errors = 0;
    for (int i = 0; i < nchanges; i++) {
        /* A copy: changelist and eventlist may be the same array. */
        struct kevent kev = changelist[i];
        if (kev.filter == 0)
            continue;
        kev.flags &= (unsigned short)~EV_SYSFLAGS;
        int error = kqemul_register(kq, &kev);
        if (error == 0 && !(kev.flags & EV_RECEIPT))
            continue;
        if (errors >= nevents) {
            errno = error;
            *result = error != 0 ? -1 : 0;
            return true;
        }
        kev.flags = EV_ERROR;
        kev.data = error;
        eventlist[errors++] = kev;
    }
    *result = errors;
    return errors > 0 || nevents <= 0;
}

static bool make_deadline(struct deadline *deadline, const struct timespec *timeout) {
    *deadline = (struct deadline){.never = timeout == NULL};
    if (timeout == NULL)
        return true;
    if (timeout->tv_nsec < 0 || timeout->tv_nsec >= NANOS || timeout->tv_sec < 0)
        return false;
    deadline->now = timeout->tv_sec == 0 && timeout->tv_nsec == 0;
    deadline->never = timeout->tv_sec > INT_MAX;
    if (deadline->now || deadline->never)
        return true;
    clock_gettime(CLOCK_MONOTONIC, &deadline->at);
    deadline->at.tv_sec += timeout->tv_sec;
    deadline->at.tv_nsec += timeout->tv_nsec;
    if (deadline->at.tv_nsec >= NANOS) {
        deadline->at.tv_sec++;
        deadline->at.tv_nsec -= NANOS;
    }
    return true;
}

int kevent(int fd, const struct kevent *changelist, int nchanges, struct kevent *eventlist, int nevents, const struct timespec *timeout) {
    int before = errno;
    int result;
    struct deadline deadline;
    struct kqueue *kq = kqemul_enter(fd);
    if (kq == NULL) {
        errno = EBADF;
        return -1;
    }
    pthread_mutex_lock(&kq->lock);
    kq->stamp++;
    if ((changelist == NULL && nchanges > 0) || (eventlist == NULL && nevents > 0)) {
        errno = EFAULT;
        result = -1;
    } else if (!apply(kq, changelist, nchanges, eventlist, nevents, &result)) {
        errno = EINVAL;
        result = make_deadline(&deadline, timeout) ? scan(kq, eventlist, nevents, &deadline) : -1;
    }
    int error = result < 0 ? errno : before;
    kqemul_unlock(kq);
    kqemul_leave(kq);
    errno = error;
    return result;
}

/* How many knotes of a kqueue inside another one have something to tell. */
int64_t kqemul_pending(int fd) {
    struct kqueue *kq = kqemul_enter(fd);
    if (kq == NULL)
        return 0;
    const struct deadline now = {.now = true};
    bool slept;
    pthread_mutex_lock(&kq->lock);
    kq->stamp++;
    queue_files(kq);
    while (gather(kq, BATCH, &now, &slept) == BATCH)
        continue;
    struct link *item = kq->active.next;
    while (item != &kq->active) {
        struct knote *kn = LINK_OWNER(item, struct knote, active);
        item = item->next;
        if (!(kn->status & KN_FORCED) && ((kn->status & KN_DISABLED) || !kn->fop->event(kn)))
            kqemul_dequeue(kn);
    }
    int64_t pending = kq->count;
    kqemul_unlock(kq);
    kqemul_leave(kq);
    return pending;
}
