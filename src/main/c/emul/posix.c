/* SPDX-License-Identifier: Apache-2.0 */

/* The POSIX calls whose effect on knotes a BSD kernel sees by itself. */
#include "emul.h"

#include <errno.h>
#include <fcntl.h>

static void forget_node(struct kqueue *kq, int fd) {
    if ((size_t)fd < kq->nnodes && kq->nodes[fd] != NULL)
        kqemul_drop_node(kq->nodes[fd]);
}

/* Before the number goes: after it another thread may already have registered its next owner. */
static void forget(int fd) {
    struct fdstate *state = kqemul_state(fd);
    if (state == NULL)
        return;
    if (atomic_load(&state->knotes) > 0)
        kqemul_each(forget_node, fd);
    atomic_store(&state->error, 0);
    atomic_store(&state->shutread, false);
    atomic_store(&state->shutwrite, false);
}

int kqemul_close(int fd) {
    struct kqueue *kq = kqemul_remove(fd);
    forget(fd);
    if (kq != NULL)
        kqemul_destroy(kq);
    return close(fd);
}

int kqemul_dup2(int oldfd, int newfd) {
    if (oldfd == newfd || fcntl(oldfd, F_GETFD) < 0)
        return dup2(oldfd, newfd);
    struct fdstate *from = kqemul_state(oldfd);
    struct fdstate *to = kqemul_state(newfd);
    struct kqueue *kq = kqemul_remove(newfd);
    forget(newfd);
    if (kq != NULL)
        kqemul_destroy(kq);
    if (from != NULL && to != NULL) {
        atomic_store(&to->shutread, atomic_load(&from->shutread));
        atomic_store(&to->shutwrite, atomic_load(&from->shutwrite));
    }
    return dup2(oldfd, newfd);
}

/* The kernel's own wake-up may have told it already; and it does not come if a local socket's buffer is full. */
static void end_node(struct kqueue *kq, int fd) {
    if ((size_t)fd >= kq->nnodes || kq->nodes[fd] == NULL)
        return;
    for (int i = 0; i < NODE_KNOTES; i++) {
        struct knote *kn = &kq->nodes[fd]->knotes[i];
        if ((kn->status & KN_ATTACHED) && !(kn->kev.flags & EV_EOF))
            kqemul_enqueue(kn);
    }
    kqemul_wake(kq);
}

int kqemul_shutdown(int fd, int how) {
    struct fdstate *state = kqemul_state(fd);
    if (state == NULL)
        return shutdown(fd, how);
    /* Before the call, which wakes waiters: they have to find it. */
    bool wasread = atomic_load(&state->shutread);
    bool waswrite = atomic_load(&state->shutwrite);
    if (how == SHUT_RD || how == SHUT_RDWR)
        atomic_store(&state->shutread, true);
    if (how == SHUT_WR || how == SHUT_RDWR)
        atomic_store(&state->shutwrite, true);
    int result = shutdown(fd, how);
    if (result < 0) {
        atomic_store(&state->shutread, wasread);
        atomic_store(&state->shutwrite, waswrite);
    } else if (atomic_load(&state->knotes) > 0) {
        kqemul_each(end_node, fd);
    }
    return result;
}

/* The error that the filters took from the kernel; each is given out once. */
static int take_error(int fd) {
    struct fdstate *state = kqemul_state(fd);
    if (state == NULL || atomic_load_explicit(&state->error, memory_order_relaxed) == 0)
        return 0;
    return atomic_exchange(&state->error, 0);
}

int kqemul_getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
    int result = getsockopt(fd, level, name, value, length);
#if defined(KQEMUL_XNU_SENDFILE)
    if (result == 0 && level == SOL_SOCKET && name == SO_SNDLOWAT)
        *(int *)value = 2048; /* macOS's default; Linux knows 1 only */
#endif
    if (result < 0 || level != SOL_SOCKET || name != SO_ERROR || *length < sizeof(int))
        return result;
    int kept = take_error(fd);
    if (*(int *)value == 0)
        *(int *)value = kept;
    return result;
}

/* A BSD looks at so_error before it reports the end of the stream. */
static ssize_t received(int fd, ssize_t count, bool empty) {
    if (count > 0 || empty || (count < 0 && errno != ENOTCONN))
        return count;
    int error = take_error(fd);
    if (error == 0)
        return count;
    errno = error;
    return -1;
}

ssize_t kqemul_read(int fd, void *buffer, size_t length) {
    return received(fd, read(fd, buffer, length), length == 0);
}

ssize_t kqemul_readv(int fd, const struct iovec *iov, int count) {
    return received(fd, readv(fd, iov, count), false);
}

ssize_t kqemul_recv(int fd, void *buffer, size_t length, int flags) {
    return received(fd, recv(fd, buffer, length, flags), length == 0 || (flags & MSG_PEEK));
}

ssize_t kqemul_recvfrom(int fd, void *buffer, size_t length, int flags, struct sockaddr *from, socklen_t *fromlength) {
    ssize_t count = recvfrom(fd, buffer, length, flags, from, fromlength);
    return received(fd, count, length == 0 || (flags & MSG_PEEK));
}

ssize_t kqemul_recvmsg(int fd, struct msghdr *message, int flags) {
    return received(fd, recvmsg(fd, message, flags), flags & MSG_PEEK);
}
