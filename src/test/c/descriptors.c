/* SPDX-License-Identifier: Apache-2.0 */

#include "contract.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

enum { OWNED = 64 };

static int owned[OWNED];
static int nowned;

static int checked(const char *what, int result) {
    if (result < 0)
        tap_errno(what, 0, errno);
    return result;
}

int own(int fd) {
    checked("a new descriptor", fd);
    tap_true("the case makes few descriptors", nowned < OWNED);
    owned[nowned++] = fd;
    return fd;
}

/* Closes it now. */
void drop(int fd) {
    for (int i = 0; i < nowned; i++) {
        if (owned[i] == fd) {
            owned[i] = owned[--nowned];
            checked("close", close(fd));
            return;
        }
    }
    tap_fail("the descriptor belongs to the case", "it does not");
}

void drop_all(void) {
    while (nowned > 0)
        close(owned[--nowned]);
}

int new_kqueue(void) {
    return own(kqueue());
}

void set_nonblocking(int fd) {
    checked("fcntl", fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

void new_pipe(int ends[2]) {
    checked("pipe", pipe(ends));
    own(ends[0]);
    own(ends[1]);
    set_nonblocking(ends[0]);
    set_nonblocking(ends[1]);
}

void new_pair(int ends[2]) {
    checked("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    own(ends[0]);
    own(ends[1]);
    set_nonblocking(ends[0]);
    set_nonblocking(ends[1]);
}

int new_socket(int domain, int type) {
    int fd = own(socket(domain, type, 0));
    set_nonblocking(fd);
    return fd;
}

struct sockaddr_in bound_address(int fd) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    checked("bind", bind(fd, (struct sockaddr *)&address, sizeof address));
    checked("getsockname", getsockname(fd, (struct sockaddr *)&address, &length));
    return address;
}

int new_listener(struct sockaddr_in *address, int backlog) {
    int fd = new_socket(AF_INET, SOCK_STREAM);
    *address = bound_address(fd);
    checked("listen", listen(fd, backlog));
    return fd;
}

/* A port of the loopback that nobody has. */
struct sockaddr_in closed_port(int type) {
    int fd = new_socket(AF_INET, type);
    struct sockaddr_in address = bound_address(fd);
    drop(fd);
    return address;
}

/* 0, or the errno of connect: EINPROGRESS as a rule. */
int start_connect(int fd, const struct sockaddr_in *address) {
    return connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? errno : 0;
}

static void wait_for(int fd, short events) {
    struct pollfd ask = {.fd = fd, .events = events};
    tap_equal("poll", 1, poll(&ask, 1, PATIENCE_MS));
}

void wait_readable(int fd) {
    wait_for(fd, POLLIN);
}

int accept_one(int listener) {
    wait_readable(listener);
    int fd = own(accept(listener, NULL, NULL));
    set_nonblocking(fd);
    return fd;
}

void new_tcp(int *client, int *server) {
    struct sockaddr_in address;
    int listener = new_listener(&address, 5);
    *client = new_socket(AF_INET, SOCK_STREAM);
    int error = start_connect(*client, &address);
    tap_true("connect is under way", error == 0 || error == EINPROGRESS);
    *server = accept_one(listener);
    wait_for(*client, POLLOUT);
    drop(listener);
}

void put(int fd, size_t count) {
    static const char bytes[4096];
    tap_true("a small write", count <= sizeof bytes);
    tap_equal("write", (long long)count, write(fd, bytes, count));
}

void get(int fd, size_t count) {
    char bytes[4096];
    tap_true("a small read", count <= sizeof bytes);
    for (size_t done = 0; done < count;) {
        wait_readable(fd);
        ssize_t more = read(fd, bytes, count - done);
        tap_true("read returns data", more > 0);
        done += (size_t)more;
    }
}

size_t put_until_full(int fd) {
    static const char bytes[512];
    size_t sum = 0;
    for (;;) {
        ssize_t count = write(fd, bytes, sizeof bytes);
        if (count < 0 && errno == EAGAIN) {
            /* What is on its way may still leave room for more. */
            struct pollfd ask = {.fd = fd, .events = POLLOUT};
            if (poll(&ask, 1, SETTLE_MS) <= 0)
                return sum;
            count = write(fd, bytes, 1);
            if (count < 0)
                return sum;
        }
        tap_true("write goes on until the buffer is full", count > 0);
        sum += (size_t)count;
    }
}

size_t get_until_empty(int fd) {
    static char bytes[65536];
    size_t sum = 0;
    for (;;) {
        ssize_t count = read(fd, bytes, sizeof bytes);
        if (count <= 0)
            return sum;
        sum += (size_t)count;
    }
}

void wait_bytes(int fd, size_t count) {
    char bytes[4096];
    int64_t until = now_millis() + PATIENCE_MS;
    ssize_t there = 0;
    while (now_millis() < until) {
        wait_readable(fd);
        there = recv(fd, bytes, sizeof bytes, MSG_PEEK);
        if (there >= (ssize_t)count)
            return;
        pause_millis(1);
    }
    tap_equal("bytes in the receive buffer", (long long)count, there);
}

/* Closes with RST instead of FIN. */
void reset(int fd) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    checked("SO_LINGER", setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    drop(fd);
}

int so_error(int fd) {
    int error = -1;
    socklen_t length = sizeof error;
    checked("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
    return error;
}
