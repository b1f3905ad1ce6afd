/* SPDX-License-Identifier: Apache-2.0 */

/* Datagrams, NOTE_LOWAT, local sockets, when the filter is run, out-of-band data. */
#include "contract.h"

#include <errno.h>

static void e57_udp_socket_is_writable_at_once(void) {
    int kq = new_kqueue();
    int fd = new_socket(AF_INET, SOCK_DGRAM);
    change(kq, (uintptr_t)fd, EVFILT_READ, EV_ADD);
    expect_none(kq);
    change(kq, (uintptr_t)fd, EVFILT_WRITE, EV_ADD);
    expect(kq, WANT(.ident = (uintptr_t)fd, .filter = EVFILT_WRITE, .data = SOME_DATA));
}

static void e58_empty_datagram_is_no_eof(void) {
    char byte = 0;
    int kq = new_kqueue();
    int receiver = new_socket(AF_INET, SOCK_DGRAM);
    int sender = new_socket(AF_INET, SOCK_DGRAM);
    struct sockaddr_in address = bound_address(receiver);
    change(kq, (uintptr_t)receiver, EVFILT_READ, EV_ADD);
    tap_equal("sendto", 0, sendto(sender, &byte, 0, 0, (struct sockaddr *)&address, sizeof address));
    /* Elsewhere the sender's address counts. */
    int64_t data = on(F) ? 0 : ANY_DATA;
    expect(kq, WANT(.ident = (uintptr_t)receiver, .filter = EVFILT_READ, .data = data));
    tap_equal("recv", 0, recv(receiver, &byte, 1, 0));
    expect_none(kq);
}

static void e59_refused_datagram_is_readable_without_eof(void) {
    char byte = 0;
    int kq = new_kqueue();
    struct sockaddr_in address = closed_port(SOCK_DGRAM);
    int fd = new_socket(AF_INET, SOCK_DGRAM);
    tap_errno("connect", 0, start_connect(fd, &address));
    change(kq, (uintptr_t)fd, EVFILT_READ, EV_ADD | EV_CLEAR);
    tap_equal("send", 1, send(fd, &byte, 1, 0));
    expect(kq, WANT((uintptr_t)fd, EVFILT_READ, EV_CLEAR, ANY_FFLAGS, 0, NULL));
    tap_equal("recv", -1, recv(fd, &byte, 1, 0));
    tap_errno("recv", ECONNREFUSED, errno);
}

static void e60_lowat_holds_back_smaller_amounts(void) {
#ifdef NOTE_LOWAT
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change_all(kq, (uintptr_t)server, EVFILT_READ, EV_ADD, NOTE_LOWAT, 100, NULL);
    put(client, 99);
    wait_bytes(server, 99);
    expect_none(kq);
    put(client, 1);
    expect(kq, WANT(.ident = (uintptr_t)server, .filter = EVFILT_READ, .data = 100));
#else
    tap_skip("no NOTE_LOWAT");
#endif
}

static void e61_lowat_above_the_buffer(void) {
#ifdef NOTE_LOWAT
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change_all(kq, (uintptr_t)server, EVFILT_READ, EV_ADD, NOTE_LOWAT, INT32_MAX, NULL);
    put_until_full(client);
    if (on(M))
        expect(kq, WANT(.ident = (uintptr_t)server, .filter = EVFILT_READ, .data = SOME_DATA));
    else
        expect_none(kq);
#else
    tap_skip("no NOTE_LOWAT");
#endif
}

static void e62_closed_local_peer_ends_reading(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pair(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    expect_none(kq);
    drop(ends[1]);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_EOF, .data = 0));
}

static void e63_fin_while_disabled_is_reported_when_enabled(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_DISABLE);
    drop(client);
    wait_readable(server);
    expect_none(kq);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ENABLE);
    expect(kq, WANT((uintptr_t)server, EVFILT_READ, EV_CLEAR | EV_EOF, 0, 0, NULL));
}

static void e64_rst_before_the_knote_is_seen_by_it(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_DELETE);
    reset(client);
    wait_readable(server);
    expect_none(kq);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect(kq, WANT((uintptr_t)server, EVFILT_READ, EV_CLEAR | EV_EOF, ECONNRESET, 0, NULL));
}

static void e65_drained_before_the_scan_is_not_reported(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    put(client, 10);
    get(server, 10);
    expect_none(kq);
}

static void e66_data_is_that_of_the_scan(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    put(client, 3);
    wait_bytes(server, 3);
    put(client, 4);
    wait_bytes(server, 7);
    expect(kq, WANT(.ident = (uintptr_t)server, .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 7));
    expect_none(kq);
}

static void e67_urgent_byte_is_an_except_event(void) {
#if defined(EVFILT_EXCEPT) && defined(NOTE_OOB)
    char byte;
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change_all(kq, (uintptr_t)server, EVFILT_EXCEPT, EV_ADD | EV_CLEAR, NOTE_OOB, 0, NULL);
    expect_none(kq);
    tap_equal("send MSG_OOB", 1, send(client, "!", 1, MSG_OOB));
    struct kevent kev = take(kq);
    same(WANT((uintptr_t)server, EVFILT_EXCEPT, EV_CLEAR, ANY_FFLAGS, ANY_DATA, NULL), &kev);
    tap_true("NOTE_OOB is set", kev.fflags & NOTE_OOB);
    tap_equal("recv MSG_OOB", 1, recv(server, &byte, 1, MSG_OOB));
    expect_none(kq);
#else
    tap_skip("no EVFILT_EXCEPT");
#endif
}

/* A read stops at the mark: who believes that nothing follows a short read would wait for ever. */
static void e67_data_counts_past_the_urgent_mark(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    put(client, 1);
    tap_equal("send MSG_OOB", 1, send(client, "!", 1, MSG_OOB));
    put(client, 1);
    pause_millis(SETTLE_MS);
    struct kevent kev = take(kq);
    tap_true("data is more than what stands before the mark", kev.data >= 2);
    char bytes[8];
    tap_equal("read to the mark", 1, read(server, bytes, sizeof bytes));
    tap_equal("read past the mark", 1, read(server, bytes, sizeof bytes));
}

static void e68_except_and_ordinary_data(void) {
#if defined(EVFILT_EXCEPT) && defined(NOTE_OOB)
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change_all(kq, (uintptr_t)server, EVFILT_EXCEPT, EV_ADD | EV_CLEAR, NOTE_OOB, 0, NULL);
    put(client, 5);
    wait_bytes(server, 5);
    if (on(M))
        expect(kq, WANT((uintptr_t)server, EVFILT_EXCEPT, EV_CLEAR, ANY_FFLAGS, ANY_DATA, NULL));
    else
        expect_none(kq);
#else
    tap_skip("no EVFILT_EXCEPT");
#endif
}

static void e69_full_local_datagram_socket(void) {
    int ends[2];
    struct kevent kev;
    char bytes[64] = {0};
    int kq = new_kqueue();
    tap_equal("socketpair", 0, socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
    own(ends[0]);
    own(ends[1]);
    set_nonblocking(ends[0]);
    int sent = 0;
    while (send(ends[0], bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes && sent < 1000000)
        sent++;
    tap_true("the queue has an end", sent > 0 && sent < 1000000);
    if (on(M))
        tap_errno("send", ENOBUFS, errno);
    else
        tap_true("send is refused with ENOBUFS or EAGAIN", errno == ENOBUFS || errno == EAGAIN);
    change(kq, (uintptr_t)ends[0], EVFILT_WRITE, EV_ADD | EV_CLEAR);
    int count = call(kq, NULL, 0, &kev, 1, 0);
    tap_true("WRITE may be reported nevertheless, without an error", count == 0 || (count == 1 && !(kev.flags & (EV_EOF | EV_ERROR))));
}

const struct tap_case e3_sockets[] = {
    TAP_CASE(e57_udp_socket_is_writable_at_once),
    TAP_CASE(e58_empty_datagram_is_no_eof),
    TAP_CASE(e59_refused_datagram_is_readable_without_eof),
    TAP_CASE(e60_lowat_holds_back_smaller_amounts),
    TAP_CASE(e61_lowat_above_the_buffer),
    TAP_CASE(e62_closed_local_peer_ends_reading),
    TAP_CASE(e63_fin_while_disabled_is_reported_when_enabled),
    TAP_CASE(e64_rst_before_the_knote_is_seen_by_it),
    TAP_CASE(e65_drained_before_the_scan_is_not_reported),
    TAP_CASE(e66_data_is_that_of_the_scan),
    TAP_CASE(e67_urgent_byte_is_an_except_event),
    TAP_CASE(e67_data_counts_past_the_urgent_mark),
    TAP_CASE(e68_except_and_ordinary_data),
    TAP_CASE(e69_full_local_datagram_socket),
    TAP_END,
};
