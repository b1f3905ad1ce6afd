/* SPDX-License-Identifier: Apache-2.0 */

/* The process-wide table: which numbers are kqueues, and what a BSD kernel would remember of each descriptor. */
#include "emul.h"

#include <stdlib.h>
#include <sys/eventfd.h>

enum { CHUNK = 4096, CHUNKS = 4096 };

static _Atomic(struct fdstate *) chunks[CHUNKS];
static struct link kqueues = {&kqueues, &kqueues};
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t unused = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* NULL: not a descriptor number, or no memory. */
struct fdstate *kqemul_state(int fd) {
    if (fd < 0 || fd / CHUNK >= CHUNKS)
        return NULL;
    _Atomic(struct fdstate *) *chunk = &chunks[fd / CHUNK];
    struct fdstate *states = atomic_load_explicit(chunk, memory_order_acquire);
    if (states == NULL) {
        struct fdstate *made = calloc(CHUNK, sizeof *made);
        if (made == NULL)
            return NULL;
        if (atomic_compare_exchange_strong(chunk, &states, made))
            states = made;
        else
            free(made);
    }
    return &states[fd % CHUNK];
}

static void before_fork(void) {
    pthread_mutex_lock(&table_lock);
}

static void after_fork_in_parent(void) {
    pthread_mutex_unlock(&table_lock);
}

/*
 * A BSD's child has no kqueue: the number is closed. Their memory is left alone, since another thread of the parent
 * may have held any of their locks.
 */
static void after_fork_in_child(void) {
    LINK_EACH(item, &kqueues) {
        struct kqueue *kq = LINK_OWNER(item, struct kqueue, link);
        close(kq->fd);
        close(kq->wakefd);
    }
    link_init(&kqueues);
    for (int i = 0; i < CHUNKS; i++) {
        struct fdstate *states = atomic_load(&chunks[i]);
        for (int j = 0; states != NULL && j < CHUNK; j++) {
            atomic_store(&states[j].kq, NULL);
            atomic_store(&states[j].knotes, 0);
        }
    }
    pthread_mutex_init(&table_lock, NULL);
    pthread_cond_init(&unused, NULL);
}

static void watch_fork(void) {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* False if there is no memory. */
int kqemul_insert(struct kqueue *kq) {
    struct fdstate *state = kqemul_state(kq->fd);
    if (state == NULL)
        return 0;
    pthread_once(&once, watch_fork);
    pthread_mutex_lock(&table_lock);
    /* A kqueue already under this number was closed behind our back. It may have users, so it is not freed. */
    struct kqueue *stale = atomic_load(&state->kq);
    if (stale != NULL)
        link_remove(&stale->link);
    link_append(&kqueues, &kq->link);
    atomic_store(&state->kq, kq);
    pthread_mutex_unlock(&table_lock);
    return 1;
}

/* NULL: fd is no kqueue. */
struct kqueue *kqemul_enter(int fd) {
    struct fdstate *state = kqemul_state(fd);
    if (state == NULL || atomic_load_explicit(&state->kq, memory_order_relaxed) == NULL)
        return NULL;
    pthread_mutex_lock(&table_lock);
    struct kqueue *kq = atomic_load(&state->kq);
    if (kq != NULL)
        kq->users++;
    pthread_mutex_unlock(&table_lock);
    return kq;
}

void kqemul_leave(struct kqueue *kq) {
    pthread_mutex_lock(&table_lock);
    if (--kq->users == 0)
        pthread_cond_broadcast(&unused);
    pthread_mutex_unlock(&table_lock);
}

/* Calls action for each kqueue, with its lock held and the table's not. */
void kqemul_each(void (*action)(struct kqueue *kq, int fd), int fd) {
    pthread_mutex_lock(&table_lock);
    struct link *item = kqueues.next;
    while (item != &kqueues) {
        struct kqueue *kq = LINK_OWNER(item, struct kqueue, link);
        kq->users++;
        pthread_mutex_unlock(&table_lock);
        pthread_mutex_lock(&kq->lock);
        action(kq, fd);
        kqemul_unlock(kq);
        pthread_mutex_lock(&table_lock);
        /* A kqueue that was removed meanwhile still has its link: it waits for us in kqemul_wait_unused(). */
        item = kq->link.next;
        if (--kq->users == 0)
            pthread_cond_broadcast(&unused);
    }
    pthread_mutex_unlock(&table_lock);
}

/* From here on the number is no kqueue. NULL: it was none. */
struct kqueue *kqemul_remove(int fd) {
    struct fdstate *state = kqemul_state(fd);
    if (state == NULL || atomic_load_explicit(&state->kq, memory_order_relaxed) == NULL)
        return NULL;
    pthread_mutex_lock(&table_lock);
    struct kqueue *kq = atomic_exchange(&state->kq, NULL);
    pthread_mutex_unlock(&table_lock);
    return kq;
}

void kqemul_wait_unused(struct kqueue *kq) {
    pthread_mutex_lock(&table_lock);
    while (kq->users > 0)
        pthread_cond_wait(&unused, &table_lock);
    link_remove(&kq->link);
    pthread_mutex_unlock(&table_lock);
}
