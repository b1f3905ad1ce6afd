/* SPDX-License-Identifier: Apache-2.0 */

/* What the cases of the kevent contract share: platforms, changes, expected events, descriptors. */
#ifndef KQ_CONTRACT_H
#define KQ_CONTRACT_H

#include "tap.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <sys/event.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Linux is expected to be a FreeBSD, whether by the emulation (E) or by an installed libkqueue (X). */
enum { M = 1, F = 2, N = 4, O = 8, D = 16, E = 32, X = 64 };
#if defined(__APPLE__)
#define PLATFORM M
#elif defined(__FreeBSD__)
#define PLATFORM F
#elif defined(__NetBSD__)
#define PLATFORM N
#elif defined(__OpenBSD__)
#define PLATFORM O
#elif defined(__DragonFly__)
#define PLATFORM D
#elif defined(KQEMUL_NOTE_NODATA)
#define PLATFORM (F | E)
#else
#define PLATFORM (F | X)
#endif

static inline bool on(int platforms) {
    return (PLATFORM & platforms) != 0;
}

/* An expected event. Of the flags only EV_CLEAR, EV_EOF and EV_ERROR are compared: the rest differs per system. */
struct want {
    uintptr_t ident;
    int filter;
    unsigned flags;
    unsigned fflags;
    int64_t data;
    void *udata;
};

#define WANT(...) (&(struct want){__VA_ARGS__})
#define ANY_DATA INT64_MIN
#define SOME_DATA (INT64_MIN + 1) /* more than 0 */
#define ANY_FFLAGS UINT32_MAX

enum { PATIENCE_MS = 2000, SETTLE_MS = 50 };

/* contract.c */
void fill(struct kevent *kev, uintptr_t ident, int filter, unsigned flags, unsigned fflags, int64_t data, void *udata);
int call(int kq, const struct kevent *changes, int nchanges, struct kevent *events, int nevents, int millis);
int change_errno(int kq, uintptr_t ident, int filter, unsigned flags);
int change_entry(int kq, uintptr_t ident, int filter, unsigned flags);
void change(int kq, uintptr_t ident, int filter, unsigned flags);
void change_all(int kq, uintptr_t ident, int filter, unsigned flags, unsigned fflags, int64_t data, void *udata);
struct kevent take(int kq);
void same(const struct want *want, const struct kevent *kev);
void expect(int kq, const struct want *want);
void expect_all(int kq, const struct want *wants, int count);
void expect_later(int kq, const struct want *want);
void expect_none(int kq);
void expect_none_for(int kq, int millis);
int64_t now_millis(void);
void pause_millis(int millis);

/* descriptors.c: every descriptor made here is closed when its case ends. */
int own(int fd);
void drop(int fd);
void drop_all(void);
int new_kqueue(void);
void new_pipe(int ends[2]);
void new_pair(int ends[2]);
int new_socket(int domain, int type);
int new_listener(struct sockaddr_in *address, int backlog);
void new_tcp(int *client, int *server);
int start_connect(int fd, const struct sockaddr_in *address);
int accept_one(int listener);
struct sockaddr_in bound_address(int fd);
struct sockaddr_in closed_port(int type);
void set_nonblocking(int fd);
void put(int fd, size_t count);
void get(int fd, size_t count);
size_t put_until_full(int fd);
size_t get_until_empty(int fd);
void wait_readable(int fd);
void wait_bytes(int fd, size_t count);
void reset(int fd);
int so_error(int fd);

/* A thread in one kevent() call. */
struct waiter {
    pthread_t thread;
    int kq;
    int millis;
    int result;
    int error;
    int64_t returned;
    struct kevent kev;
};
void start_waiter(struct waiter *waiter, int kq, int millis);
void join_waiter(struct waiter *waiter);

#endif
