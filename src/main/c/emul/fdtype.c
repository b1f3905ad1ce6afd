/* SPDX-License-Identifier: Apache-2.0 */

/* What kind of file a descriptor is, asked only when an event needs to know, and what its hang-up bits mean. */
#include "emul.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/stat.h>

/* include/net/tcp_states.h: glibc has the name only as an enumerator beside struct tcp_info. */
enum { STATE_LISTEN = 10 };

static bool tcp_info(int fd, struct tcp_info *info) {
    socklen_t length = offsetof(struct tcp_info, tcpi_unacked) + sizeof info->tcpi_unacked;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) == 0;
}

/* Connections waiting for accept: tcp_get_info() in Linux's net/ipv4/tcp.c puts that there. -1: not a TCP listener. */
int64_t kqemul_backlog(struct fdnode *node) {
    /* qemu-user answers with the state alone; what is asked because it is readable has at least one. */
    struct tcp_info info = {.tcpi_unacked = 1};
    if (!tcp_info(node->fd, &info))
        return -1;
    if (info.tcpi_state == STATE_LISTEN)
        node->type = FD_TCP_LISTENER;
    else if (node->type == FD_UNKNOWN)
        node->type = FD_TCP;
    return info.tcpi_state == STATE_LISTEN ? (int64_t)info.tcpi_unacked : -1;
}

static enum fdtype socket_type(int fd) {
    int type;
    socklen_t length = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0)
        return FD_OTHER;
    return type == SOCK_STREAM || type == SOCK_SEQPACKET ? FD_STREAM : FD_DATAGRAM;
}

enum fdtype kqemul_type(struct fdnode *node) {
    struct tcp_info info;
    struct stat status;
    if (node->type != FD_UNKNOWN)
        return node->type;
    if (tcp_info(node->fd, &info))
        node->type = info.tcpi_state == STATE_LISTEN ? FD_TCP_LISTENER : FD_TCP;
    else if (errno != ENOTSOCK)
        node->type = socket_type(node->fd);
    else if (fstat(node->fd, &status) == 0 && S_ISFIFO(status.st_mode))
        node->type = FD_PIPE;
    else
        node->type = FD_OTHER;
    return node->type;
}

/*
 * SO_ERROR clears the error in Linux, and a BSD shows it in the events of both filters and still gives it to the
 * application once: it is kept until a wrapped call hands it out.
 */
static void fetch_error(struct fdnode *node, struct fdstate *state) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(node->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 || error == 0)
        return;
    /* An RST after the FIN is EPIPE in tcp_reset() of Linux; FreeBSD says ECONNRESET for every RST. */
    atomic_store(&state->error, error == EPIPE ? ECONNRESET : error);
}

static unsigned stream_ends(struct fdnode *node, uint32_t bits, struct fdstate *state) {
    if (bits & EPOLLERR)
        fetch_error(node, state);
    /* TCP_CLOSE before any connect is EPOLLHUP alone, tcp_poll() and unix_poll(); after one both sides are shut. */
    if ((bits & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) == EPOLLHUP)
        return END_UNCONNECTED;
    if (bits & EPOLLHUP)
        return END_READ | END_WRITE;
    return bits & EPOLLRDHUP ? END_READ : 0;
}

static unsigned ends_by_type(struct fdnode *node, uint32_t bits, struct fdstate *state) {
    switch (kqemul_type(node)) {
    case FD_TCP:
    case FD_TCP_LISTENER:
    case FD_STREAM:
    case FD_STREAM_LISTENER:
        return stream_ends(node, bits, state);
    case FD_DATAGRAM:
        /* EPOLLERR is an ICMP error, for the application's next call to find. */
        return (bits & EPOLLRDHUP ? END_READ : 0U) | (bits & EPOLLHUP ? END_WRITE : 0U);
    case FD_PIPE:
        /* A pipe of FreeBSD goes both ways: its write end reads the end of file when the other end is closed. */
        return (bits & EPOLLHUP ? END_READ : 0U) | (bits & EPOLLERR ? END_READ | END_WRITE : 0U);
    default:
        return bits & EPOLLHUP ? END_READ | END_WRITE : 0;
    }
}

/* Which directions are over, and so_error. Costs a system call only if there is a hang-up or an error. */
unsigned kqemul_ends(struct fdnode *node, uint32_t bits, unsigned *error) {
    struct fdstate *state = kqemul_state(node->fd);
    unsigned ends = 0;
    if (bits & (EPOLLHUP | EPOLLERR))
        ends = ends_by_type(node, bits, state);
    else if (bits & EPOLLRDHUP)
        ends = END_READ;
    if (atomic_load_explicit(&state->shutwrite, memory_order_relaxed))
        ends |= END_WRITE;
    if (atomic_load_explicit(&state->shutread, memory_order_relaxed))
        ends |= END_READ;
    *error = (unsigned)atomic_load_explicit(&state->error, memory_order_relaxed);
    return ends;
}
