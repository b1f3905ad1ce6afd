/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the emulation share. Lock order: a kqueue, then a kqueue inside it, then the table. */
#ifndef KQEMUL_EMUL_H
#define KQEMUL_EMUL_H

#define _GNU_SOURCE 1
#define KQEMUL_NO_WRAPPERS
#include "include/sys/event.h"
#include "link.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/epoll.h>

enum knote_status {
    KN_ATTACHED = 1,
    KN_QUEUED = 2,
    KN_DISABLED = 4,
    KN_FORCED = 8,  /* EV_FORCEONESHOT: delivered even if the filter is false */
    KN_STAY = 16,   /* stays queued although EV_CLEAR: its data may be less than what is there */
    KN_KICKED = 32, /* EV_ADD made epoll look again for this knote's sake */
};

enum touch { TOUCH_REGISTER, TOUCH_PROCESS };

enum fdtype {
    FD_UNKNOWN,
    FD_TCP,
    FD_TCP_LISTENER,
    FD_STREAM, /* AF_UNIX SOCK_STREAM and SOCK_SEQPACKET */
    FD_STREAM_LISTENER,
    FD_DATAGRAM,
    FD_PIPE,
    FD_FILE, /* anything epoll refuses */
    FD_KQUEUE,
    FD_OTHER,
};

struct knote;

struct filterops {
    short filter;
    bool isfd;
    uint32_t events; /* epoll bits that can make the filter true, beside EPOLLERR and EPOLLHUP */
    int (*attach)(struct knote *kn);
    bool (*event)(struct knote *kn);
    void (*touch)(struct knote *kn, struct kevent *kev, enum touch why);
};

struct knote {
    struct link active;
    struct link link; /* a USER knote: kqueue.user; a knote of a file: kqueue.files */
    const struct filterops *fop;
    struct fdnode *node;
    struct kqueue *kq;
    struct kevent kev;
    unsigned sfflags;
    int64_t sdata;
    int64_t lastdata; /* of a file: what EV_CLEAR reported last */
    unsigned status;
    uint32_t reported; /* node->bits of the last event with EV_EOF */
    bool triggered;
};

enum { NODE_READ, NODE_WRITE, NODE_EXCEPT, NODE_KNOTES };

/* One per (kqueue, descriptor number); made at the first EV_ADD, kept until the kqueue goes. */
struct fdnode {
    struct kqueue *kq;
    int fd;
    uint32_t generation; /* rides in epoll's data: tells the ghost of an earlier file behind this number */
    uint32_t mask;       /* what epoll was told; 0 = not registered */
    uint32_t bits;       /* what epoll or poll said last */
    uint32_t stamp;      /* kqueue.stamp when it said so */
    uint32_t seen;       /* every bit said while there was no READ knote */
    bool seencomplete;   /* no bit can have been missed in `seen` */
    enum fdtype type;
    struct knote knotes[NODE_KNOTES];
};

struct kqueue {
    struct link link; /* table lock */
    unsigned users;   /* table lock: threads inside */
    int fd;
    int wakefd;
    pthread_mutex_t lock; /* guards the rest; never held while sleeping */
    bool closed;
    bool woken;   /* a wake-up was asked for and not seen yet */
    bool towrite; /* kqemul_unlock() has to write it */
    bool watched;
    unsigned sleepers;
    uint32_t stamp;
    unsigned count;
    struct link active;
    struct link user;
    struct link files;
    struct fdnode **nodes;
    size_t nnodes;
};

/* One per descriptor number of the process. */
struct fdstate {
    _Atomic(struct kqueue *) kq; /* the number is this kqueue; written under the table lock */
    atomic_uint knotes;          /* on all kqueues */
    atomic_int error;            /* so_error of a BSD: taken from Linux, not yet given to the application */
    atomic_bool shutread;
    atomic_bool shutwrite;
};

/* table.c */
struct fdstate *kqemul_state(int fd);
int kqemul_insert(struct kqueue *kq);
struct kqueue *kqemul_enter(int fd);
void kqemul_leave(struct kqueue *kq);
void kqemul_each(void (*action)(struct kqueue *kq, int fd), int fd);
struct kqueue *kqemul_remove(int fd);
void kqemul_wait_unused(struct kqueue *kq);

/* knote.c */
const struct filterops *kqemul_filter(short filter);
int kqemul_register(struct kqueue *kq, struct kevent *kev);
void kqemul_enqueue(struct knote *kn);
void kqemul_dequeue(struct knote *kn);
void kqemul_drop(struct knote *kn);
void kqemul_drop_node(struct fdnode *node);
void kqemul_wake(struct kqueue *kq);
void kqemul_unlock(struct kqueue *kq);
bool kqemul_stuck(struct knote *kn);

/* node.c */
struct fdnode *kqemul_node(struct kqueue *kq, int fd);
struct knote *kqemul_slot(struct fdnode *node, short filter);
int kqemul_watch(struct knote *kn);
int kqemul_rewatch(struct fdnode *node);
void kqemul_harvest(struct kqueue *kq, const struct epoll_event *events, int count);
uint32_t kqemul_bits(struct fdnode *node);

/* fdtype.c */
enum { END_READ = 1, END_WRITE = 2, END_UNCONNECTED = 4 };
enum fdtype kqemul_type(struct fdnode *node);
int64_t kqemul_backlog(struct fdnode *node);
unsigned kqemul_ends(struct fdnode *node, uint32_t bits, unsigned *error);

/* kqueue.c */
int64_t kqemul_pending(int fd);
void kqemul_destroy(struct kqueue *kq);

/* filter_*.c */
extern const struct filterops kqemul_filter_read;
extern const struct filterops kqemul_filter_write;
extern const struct filterops kqemul_filter_except;
extern const struct filterops kqemul_filter_user;

#define KQEMUL_WAKE UINT64_MAX

#endif
