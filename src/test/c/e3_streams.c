/* SPDX-License-Identifier: Apache-2.0 */

/* Stream sockets: listeners, data and its ends, connecting, buffer space. */
#include "contract.h"

#include <netinet/tcp.h>

#include <errno.h>

/* qemu-user translates TCP_INFO as one int. */
static int counts_connections(int listener) {
#if defined(__linux__)
    char info[128];
    socklen_t length = sizeof info;
    return getsockopt(listener, IPPROTO_TCP, TCP_INFO, info, &length) == 0 && length > sizeof(int);
#else
    return listener >= 0;
#endif
}

static void e41_listener_counts_waiting_connections(void) {
    struct sockaddr_in address;
    int kq = new_kqueue();
    int listener = new_listener(&address, 5);
    change(kq, (uintptr_t)listener, EVFILT_READ, EV_ADD);
    expect_none(kq);
    start_connect(new_socket(AF_INET, SOCK_STREAM), &address);
    expect(kq, WANT(.ident = (uintptr_t)listener, .filter = EVFILT_READ, .data = 1));
    if (!counts_connections(listener))
        tap_skip("the system does not tell how many connections wait");
    start_connect(new_socket(AF_INET, SOCK_STREAM), &address);
    start_connect(new_socket(AF_INET, SOCK_STREAM), &address);
    expect_later(kq, WANT(.ident = (uintptr_t)listener, .filter = EVFILT_READ, .data = 3));
    accept_one(listener);
    expect(kq, WANT(.ident = (uintptr_t)listener, .filter = EVFILT_READ, .data = 2));
    accept_one(listener);
    accept_one(listener);
    expect_none(kq);
}

static void e42_listener_may_be_added_before_listen(void) {
    if (!on(M | F))
        tap_skip("the filter is chosen when the knote is added");
    int kq = new_kqueue();
    int listener = new_socket(AF_INET, SOCK_STREAM);
    struct sockaddr_in address = bound_address(listener);
    change(kq, (uintptr_t)listener, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect_none(kq);
    tap_equal("listen", 0, listen(listener, 5));
    start_connect(new_socket(AF_INET, SOCK_STREAM), &address);
    expect(kq, WANT(.ident = (uintptr_t)listener, .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 1));
}

static void e43_listener_is_never_writable(void) {
    struct sockaddr_in address;
    int kq = new_kqueue();
    int listener = new_listener(&address, 5);
    change(kq, (uintptr_t)listener, EVFILT_WRITE, EV_ADD);
    expect_none(kq);
    start_connect(new_socket(AF_INET, SOCK_STREAM), &address);
    wait_readable(listener);
    expect_none(kq);
}

static void e44_data_is_the_number_of_bytes(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    put(client, 1234);
    wait_bytes(server, 1234);
    expect_later(kq, WANT(.ident = (uintptr_t)server, .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 1234));
}

static void e45_fin_after_data_comes_with_the_data(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD);
    put(client, 10);
    drop(client);
    expect_later(kq, WANT(.ident = (uintptr_t)server, .filter = EVFILT_READ, .flags = EV_EOF, .data = 10));
    get(server, 10);
    expect(kq, WANT(.ident = (uintptr_t)server, .filter = EVFILT_READ, .flags = EV_EOF, .data = 0));
}

static void e46_fin_alone_ends_reading_only(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    struct want wants[] = {
        {.ident = (uintptr_t)server, .filter = EVFILT_READ, .flags = EV_EOF, .data = 0},
        {.ident = (uintptr_t)server, .filter = EVFILT_WRITE, .data = SOME_DATA},
    };
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD);
    change(kq, (uintptr_t)server, EVFILT_WRITE, EV_ADD);
    tap_equal("shutdown", 0, shutdown(client, SHUT_WR));
    expect_all(kq, wants, 2);
}

static void e47_rst_ends_both_filters_with_its_errno(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    change(kq, (uintptr_t)server, EVFILT_WRITE, EV_ADD | EV_CLEAR);
    expect(kq, WANT(.ident = (uintptr_t)server, .filter = EVFILT_WRITE, .flags = EV_CLEAR, .data = SOME_DATA));
    struct want wants[] = {
        {(uintptr_t)server, EVFILT_READ, EV_CLEAR | EV_EOF, ECONNRESET, 0, NULL},
        {(uintptr_t)server, EVFILT_WRITE, EV_CLEAR | EV_EOF, ECONNRESET, ANY_DATA, NULL},
    };
    reset(client);
    expect_all(kq, wants, 2);
}

static void e48_own_write_shutdown_ends_writing(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    change(kq, (uintptr_t)server, EVFILT_WRITE, EV_ADD | EV_CLEAR);
    expect(kq, WANT(.ident = (uintptr_t)server, .filter = EVFILT_WRITE, .flags = EV_CLEAR, .data = SOME_DATA));
    tap_equal("shutdown", 0, shutdown(server, SHUT_WR));
    expect(kq, WANT((uintptr_t)server, EVFILT_WRITE, EV_CLEAR | EV_EOF, 0, ANY_DATA, NULL));
}

static void e49_own_read_shutdown_ends_reading(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect_none(kq);
    tap_equal("shutdown", 0, shutdown(server, SHUT_RD));
    expect(kq, WANT((uintptr_t)server, EVFILT_READ, EV_CLEAR | EV_EOF, 0, 0, NULL));
}

static void e50_unconnected_socket_is_silent(void) {
    int kq = new_kqueue();
    int fd = new_socket(AF_INET, SOCK_STREAM);
    change(kq, (uintptr_t)fd, EVFILT_WRITE, EV_ADD);
    expect_none(kq);
    change(kq, (uintptr_t)fd, EVFILT_READ, EV_ADD);
    expect_none_for(kq, SETTLE_MS);
}

static void e51_connected_socket_is_writable_without_error(void) {
    struct sockaddr_in address;
    int kq = new_kqueue();
    new_listener(&address, 5);
    int fd = new_socket(AF_INET, SOCK_STREAM);
    int error = start_connect(fd, &address);
    tap_true("connect is under way", error == 0 || error == EINPROGRESS);
    change(kq, (uintptr_t)fd, EVFILT_WRITE, EV_ADD | EV_CLEAR);
    expect(kq, WANT(.ident = (uintptr_t)fd, .filter = EVFILT_WRITE, .flags = EV_CLEAR, .data = SOME_DATA));
    tap_errno("SO_ERROR", 0, so_error(fd));
}

/* A socket whose connect is refused, with both filters and their events taken. */
static int refused(int kq) {
    struct sockaddr_in address = closed_port(SOCK_STREAM);
    int fd = new_socket(AF_INET, SOCK_STREAM);
    int error = start_connect(fd, &address);
    if (error == ECONNREFUSED)
        tap_skip("connect itself returns the refusal");
    tap_errno("connect", EINPROGRESS, error);
    change(kq, (uintptr_t)fd, EVFILT_READ, EV_ADD | EV_CLEAR);
    change(kq, (uintptr_t)fd, EVFILT_WRITE, EV_ADD | EV_CLEAR);
    struct want wants[] = {
        {(uintptr_t)fd, EVFILT_READ, EV_CLEAR | EV_EOF, ECONNREFUSED, ANY_DATA, NULL},
        {(uintptr_t)fd, EVFILT_WRITE, EV_CLEAR | EV_EOF, ECONNREFUSED, ANY_DATA, NULL},
    };
    expect_all(kq, wants, 2);
    return fd;
}

static void e52_refused_connect_ends_both_filters_and_so_error_has_it_once(void) {
    int kq = new_kqueue();
    int fd = refused(kq);
    tap_errno("SO_ERROR", ECONNREFUSED, so_error(fd));
    tap_errno("SO_ERROR again", 0, so_error(fd));
    change(kq, (uintptr_t)fd, EVFILT_READ, EV_DELETE);
    change(kq, (uintptr_t)fd, EVFILT_WRITE, EV_ADD | EV_CLEAR);
    expect(kq, WANT((uintptr_t)fd, EVFILT_WRITE, EV_CLEAR | EV_EOF, 0, ANY_DATA, NULL));
}

static void e53_refused_connect_read_takes_the_error(void) {
    char byte;
    int kq = new_kqueue();
    int fd = refused(kq);
    tap_equal("read", -1, read(fd, &byte, 1));
    tap_errno("read", ECONNREFUSED, errno);
    tap_errno("SO_ERROR", 0, so_error(fd));
}

static void e54_peer_that_accepts_and_closes_is_still_a_connect(void) {
    struct sockaddr_in address;
    int kq = new_kqueue();
    int listener = new_listener(&address, 5);
    int fd = new_socket(AF_INET, SOCK_STREAM);
    int error = start_connect(fd, &address);
    tap_true("connect is under way", error == 0 || error == EINPROGRESS);
    drop(accept_one(listener));
    struct want wants[] = {
        {.ident = (uintptr_t)fd, .filter = EVFILT_WRITE, .flags = 0, .data = SOME_DATA},
        {.ident = (uintptr_t)fd, .filter = EVFILT_READ, .flags = EV_EOF, .data = 0},
    };
    change(kq, (uintptr_t)fd, EVFILT_WRITE, EV_ADD);
    change(kq, (uintptr_t)fd, EVFILT_READ, EV_ADD);
    expect_all(kq, wants, 2);
    tap_errno("SO_ERROR", 0, so_error(fd));
}

static void e55_full_send_buffer_reports_when_there_is_room(void) {
    int client;
    int server;
    struct kevent kev;
    int count = 0;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)client, EVFILT_WRITE, EV_ADD | EV_CLEAR);
    expect(kq, WANT(.ident = (uintptr_t)client, .filter = EVFILT_WRITE, .flags = EV_CLEAR, .data = SOME_DATA));
    put_until_full(client);
    expect_none(kq);
    for (int64_t until = now_millis() + PATIENCE_MS; count == 0 && now_millis() < until;) {
        get_until_empty(server);
        count = call(kq, NULL, 0, &kev, 1, 10);
    }
    tap_equal("events after the peer has read", 1, count);
    same(WANT(.ident = (uintptr_t)client, .filter = EVFILT_WRITE, .flags = EV_CLEAR, .data = SOME_DATA), &kev);
    tap_true("write succeeds", write(client, &kev, 1) == 1);
}

static void e56_acknowledged_data_may_report_write_again(void) {
    int client;
    int server;
    struct kevent kev;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    struct want *event = WANT(.ident = (uintptr_t)client, .filter = EVFILT_WRITE, .flags = EV_CLEAR, .data = SOME_DATA);
    change(kq, (uintptr_t)client, EVFILT_WRITE, EV_ADD | EV_CLEAR);
    expect(kq, event);
    expect_none(kq);
    put(client, 100);
    get(server, 100);
    int count;
    /* Up to 200 ms late on NetBSD, and never on Linux: only what comes is checked. */
    while ((count = call(kq, NULL, 0, &kev, 1, 250)) == 1)
        same(event, &kev);
    tap_equal("kevent", 0, count);
}

const struct tap_case e3_streams[] = {
    TAP_CASE(e41_listener_counts_waiting_connections),
    TAP_CASE(e42_listener_may_be_added_before_listen),
    TAP_CASE(e43_listener_is_never_writable),
    TAP_CASE(e44_data_is_the_number_of_bytes),
    TAP_CASE(e45_fin_after_data_comes_with_the_data),
    TAP_CASE(e46_fin_alone_ends_reading_only),
    TAP_CASE(e47_rst_ends_both_filters_with_its_errno),
    TAP_CASE(e48_own_write_shutdown_ends_writing),
    TAP_CASE(e49_own_read_shutdown_ends_reading),
    TAP_CASE(e50_unconnected_socket_is_silent),
    TAP_CASE(e51_connected_socket_is_writable_without_error),
    TAP_CASE(e52_refused_connect_ends_both_filters_and_so_error_has_it_once),
    TAP_CASE(e53_refused_connect_read_takes_the_error),
    TAP_CASE(e54_peer_that_accepts_and_closes_is_still_a_connect),
    TAP_CASE(e55_full_send_buffer_reports_when_there_is_room),
    TAP_CASE(e56_acknowledged_data_may_report_write_again),
    TAP_END,
};
