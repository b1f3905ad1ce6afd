/* SPDX-License-Identifier: Apache-2.0 */

/* What only the Linux emulation promises: KQEMUL_NOTE_NODATA, and rules that its way of working puts at risk. */
#define _GNU_SOURCE /* posix_openpt */
#include "contract.h"

#ifdef KQEMUL_NOTE_NODATA

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static void nodata(int kq, int fd, int filter, unsigned flags) {
    change_all(kq, (uintptr_t)fd, filter, flags, KQEMUL_NOTE_NODATA, 0, NULL);
}

static void x201_nodata_events_carry_no_count(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    nodata(kq, server, EVFILT_READ, EV_ADD | EV_CLEAR);
    nodata(kq, client, EVFILT_WRITE, EV_ADD | EV_CLEAR);
    expect(kq, WANT((uintptr_t)client, EVFILT_WRITE, EV_CLEAR, 0, -1, NULL));
    put(client, 10);
    expect(kq, WANT((uintptr_t)server, EVFILT_READ, EV_CLEAR, 0, -1, NULL));
    expect_none(kq);
    put(client, 1);
    expect(kq, WANT((uintptr_t)server, EVFILT_READ, EV_CLEAR, 0, -1, NULL));
    get(server, 11);
    expect_none(kq);
}

static void x202_nodata_level_knote_is_silent_when_drained(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pair(ends);
    nodata(kq, ends[0], EVFILT_READ, EV_ADD);
    put(ends[1], 2);
    expect(kq, WANT((uintptr_t)ends[0], EVFILT_READ, 0, 0, -1, NULL));
    get(ends[0], 1);
    expect(kq, WANT((uintptr_t)ends[0], EVFILT_READ, 0, 0, -1, NULL));
    get(ends[0], 1);
    expect_none(kq);
}

static void x203_nodata_read_added_after_write_sees_earlier_input(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    put(server, 1);
    wait_readable(client);
    nodata(kq, client, EVFILT_WRITE, EV_ADD | EV_DISPATCH);
    expect(kq, WANT((uintptr_t)client, EVFILT_WRITE, 0, 0, -1, NULL));
    nodata(kq, client, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect(kq, WANT((uintptr_t)client, EVFILT_READ, EV_CLEAR, 0, -1, NULL));
    get(client, 1);
    expect_none(kq);
    put(server, 1);
    expect(kq, WANT((uintptr_t)client, EVFILT_READ, EV_CLEAR, 0, -1, NULL));
    get(client, 1);
    change(kq, (uintptr_t)client, EVFILT_READ, EV_DELETE);
    put(server, 1);
    wait_readable(client);
    nodata(kq, client, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect(kq, WANT((uintptr_t)client, EVFILT_READ, EV_CLEAR, 0, -1, NULL));
}

static void x204_nodata_fin_and_rst(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    nodata(kq, server, EVFILT_READ, EV_ADD | EV_CLEAR);
    put(client, 1);
    tap_equal("shutdown", 0, shutdown(client, SHUT_WR));
    expect_later(kq, WANT((uintptr_t)server, EVFILT_READ, EV_CLEAR | EV_EOF, 0, -1, NULL));
    get(server, 1);
    nodata(kq, server, EVFILT_WRITE, EV_ADD | EV_DISPATCH);
    expect_later(kq, WANT((uintptr_t)server, EVFILT_WRITE, 0, 0, -1, NULL));
    nodata(kq, server, EVFILT_WRITE, EV_ADD | EV_ENABLE | EV_DISPATCH);
    struct want wants[] = {
        {(uintptr_t)server, EVFILT_READ, EV_CLEAR | EV_EOF, ECONNRESET, -1, NULL},
        {(uintptr_t)server, EVFILT_WRITE, EV_EOF, ECONNRESET, -1, NULL},
    };
    reset(client);
    wait_readable(server);
    expect_all(kq, wants, 2);
    tap_errno("SO_ERROR", ECONNRESET, so_error(server));
    tap_errno("SO_ERROR again", 0, so_error(server));
}

static void x205_nodata_refused_connect(void) {
    int kq = new_kqueue();
    struct sockaddr_in address = closed_port(SOCK_STREAM);
    int fd = new_socket(AF_INET, SOCK_STREAM);
    nodata(kq, fd, EVFILT_WRITE, EV_ADD | EV_DISPATCH);
    nodata(kq, fd, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect_none(kq);
    tap_errno("connect", EINPROGRESS, start_connect(fd, &address));
    struct want wants[] = {
        {(uintptr_t)fd, EVFILT_READ, EV_CLEAR | EV_EOF, ECONNREFUSED, -1, NULL},
        {(uintptr_t)fd, EVFILT_WRITE, EV_EOF, ECONNREFUSED, -1, NULL},
    };
    expect_all(kq, wants, 2);
    tap_errno("SO_ERROR", ECONNREFUSED, so_error(fd));
}

static void x206_nodata_write_is_re_armed_after_a_refused_write(void) {
    int client;
    int server;
    struct kevent kev;
    int count = 0;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    nodata(kq, client, EVFILT_WRITE, EV_ADD | EV_DISPATCH);
    expect(kq, WANT((uintptr_t)client, EVFILT_WRITE, 0, 0, -1, NULL));
    for (int round = 0; round < 2; round++) {
        put_until_full(client);
        nodata(kq, client, EVFILT_WRITE, EV_ADD | EV_ENABLE | EV_DISPATCH);
        expect_none(kq);
        count = 0;
        for (int64_t until = now_millis() + PATIENCE_MS; count == 0 && now_millis() < until;) {
            get_until_empty(server);
            count = call(kq, NULL, 0, &kev, 1, 10);
        }
        tap_equal("events after the peer has read", 1, count);
        same(WANT((uintptr_t)client, EVFILT_WRITE, 0, 0, -1, NULL), &kev);
    }
}

static void x207_nodata_beside_lowat_counts(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pair(ends);
    change_all(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD, NOTE_LOWAT | KQEMUL_NOTE_NODATA, 3, NULL);
    put(ends[1], 2);
    expect_none(kq);
    put(ends[1], 1);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 3));
}

static void x208_number_reused_behind_our_back_is_noticed_by_add(void) {
    int ends[2];
    int pair[2];
    int kq = new_kqueue();
    new_pipe(ends);
    new_pair(pair);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    int number = ends[0];
    /* In brackets the macros of sys/event.h do not apply. */
    (close)(number);
    tap_equal("dup2", number, (dup2)(pair[0], number));
    change(kq, (uintptr_t)number, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect_none(kq);
    put(pair[1], 1);
    expect(kq, WANT(.ident = (uintptr_t)number, .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 1));
}

static int new_local_listener(struct sockaddr_un *address) {
    int fd = new_socket(AF_UNIX, SOCK_STREAM);
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path, sizeof address->sun_path, "/tmp/kevent_contract.%ld", (long)getpid());
    unlink(address->sun_path);
    tap_equal("bind", 0, bind(fd, (struct sockaddr *)address, sizeof *address));
    tap_equal("listen", 0, listen(fd, 5));
    return fd;
}

static void x209_local_listener_reports_until_its_queue_is_empty(void) {
    struct sockaddr_un address;
    int kq = new_kqueue();
    int listener = new_local_listener(&address);
    struct want *event = WANT(.ident = (uintptr_t)listener, .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 1);
    change(kq, (uintptr_t)listener, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect_none(kq);
    for (int i = 0; i < 2; i++) {
        int client = new_socket(AF_UNIX, SOCK_STREAM);
        tap_equal("connect", 0, connect(client, (struct sockaddr *)&address, sizeof address));
    }
    unlink(address.sun_path);
    expect(kq, event);
    accept_one(listener);
    expect(kq, event);
    accept_one(listener);
    expect_none(kq);
}

static void x210_forced_oneshot_fires_without_data_and_goes(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    expect_none(kq);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_FORCEONESHOT);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 0));
    tap_errno("EV_DELETE", ENOENT, change_errno(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE));
}

static void x211_one_event_goes_to_one_of_three_waiters(void) {
    int ends[2];
    struct waiter waiters[3];
    int kq = new_kqueue();
    int events = 0;
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    for (int i = 0; i < 3; i++)
        start_waiter(&waiters[i], kq, 300);
    ssize_t written = write(ends[1], "x", 1);
    for (int i = 0; i < 3; i++) {
        join_waiter(&waiters[i]);
        events += waiters[i].result;
    }
    tap_equal("write", 1, written);
    tap_equal("events", 1, events);
}

static void x212_closing_a_kqueue_lets_every_waiter_go(void) {
    struct waiter waiters[3];
    int kq = new_kqueue();
    for (int i = 0; i < 3; i++)
        start_waiter(&waiters[i], kq, PATIENCE_MS);
    int64_t start = now_millis();
    drop(kq);
    for (int i = 0; i < 3; i++)
        join_waiter(&waiters[i]);
    tap_true("they returned at once", now_millis() - start < PATIENCE_MS / 2);
    for (int i = 0; i < 3; i++) {
        tap_equal("kevent", -1, waiters[i].result);
        tap_errno("kevent", EBADF, waiters[i].error);
    }
}

static void x213_trigger_inside_wakes_the_waiter_outside(void) {
    struct waiter waiter;
    struct kevent kev;
    int outer = new_kqueue();
    int inner = new_kqueue();
    change(inner, 7, EVFILT_USER, EV_ADD | EV_CLEAR);
    change(outer, (uintptr_t)inner, EVFILT_READ, EV_ADD);
    start_waiter(&waiter, outer, PATIENCE_MS);
    fill(&kev, 7, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
    int result = call(inner, &kev, 1, NULL, 0, 0);
    join_waiter(&waiter);
    tap_equal("trigger", 0, result);
    tap_equal("events", 1, waiter.result);
    same(WANT(.ident = (uintptr_t)inner, .filter = EVFILT_READ, .data = 1), &waiter.kev);
    take(inner);
    expect_none(outer);
}

static void x214_shutdown_from_another_thread_wakes_the_waiter(void) {
    int client;
    int server;
    struct waiter waiter;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    nodata(kq, server, EVFILT_WRITE, EV_ADD | EV_CLEAR);
    expect(kq, WANT((uintptr_t)server, EVFILT_WRITE, EV_CLEAR, 0, -1, NULL));
    start_waiter(&waiter, kq, PATIENCE_MS);
    int result = shutdown(server, SHUT_WR);
    join_waiter(&waiter);
    tap_equal("shutdown", 0, result);
    tap_equal("events", 1, waiter.result);
    same(WANT((uintptr_t)server, EVFILT_WRITE, EV_CLEAR | EV_EOF, 0, -1, NULL), &waiter.kev);
    expect_none(kq);
}

static void x215_shut_listener_ends_with_econnaborted(void) {
    struct sockaddr_in address;
    int kq = new_kqueue();
    int listener = new_listener(&address, 5);
    change(kq, (uintptr_t)listener, EVFILT_READ, EV_ADD | EV_CLEAR);
    start_connect(new_socket(AF_INET, SOCK_STREAM), &address);
    expect(kq, WANT(.ident = (uintptr_t)listener, .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 1));
    tap_equal("shutdown", 0, shutdown(listener, SHUT_RDWR));
    expect(kq, WANT((uintptr_t)listener, EVFILT_READ, EV_CLEAR | EV_EOF, ECONNABORTED, ANY_DATA, NULL));
}

static void x216_copy_of_an_earlier_file_cannot_speak_for_the_number(void) {
    int ends[2];
    int pair[2];
    int kq = new_kqueue();
    new_pipe(ends);
    new_pair(pair);
    own(dup(ends[0]));
    nodata(kq, ends[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    int number = ends[0];
    drop(number);
    tap_equal("dup2", number, dup2(pair[0], number));
    own(number);
    nodata(kq, number, EVFILT_READ, EV_ADD | EV_CLEAR);
    put(ends[1], 1);
    expect_none(kq);
    put(pair[1], 1);
    expect(kq, WANT((uintptr_t)number, EVFILT_READ, EV_CLEAR, 0, -1, NULL));
}

static void x217_number_reused_after_its_knotes_were_deleted(void) {
    int ends[2];
    int pair[2];
    int kq = new_kqueue();
    new_pipe(ends);
    new_pair(pair);
    nodata(kq, ends[1], EVFILT_WRITE, EV_ADD);
    change(kq, (uintptr_t)ends[1], EVFILT_WRITE, EV_DELETE);
    int number = ends[1];
    drop(number);
    tap_equal("dup2", number, dup2(pair[0], number));
    own(number);
    nodata(kq, number, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect_none(kq);
    put(pair[1], 1);
    expect(kq, WANT((uintptr_t)number, EVFILT_READ, EV_CLEAR, 0, -1, NULL));
}

static void x218_pseudo_terminal_counts_and_ends(void) {
    int kq = new_kqueue();
    int master = own(posix_openpt(O_RDWR | O_NOCTTY));
    tap_true("grantpt and unlockpt", grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = own(open(ptsname(master), O_RDWR | O_NOCTTY));
    change(kq, (uintptr_t)master, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect_none(kq);
    tap_equal("write", 3, write(slave, "abc", 3));
    expect(kq, WANT(.ident = (uintptr_t)master, .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 3));
    get(master, 3);
    change(kq, (uintptr_t)master, EVFILT_WRITE, EV_ADD | EV_ONESHOT);
    expect(kq, WANT(.ident = (uintptr_t)master, .filter = EVFILT_WRITE, .data = SOME_DATA));
    drop(slave);
    expect(kq, WANT((uintptr_t)master, EVFILT_READ, EV_CLEAR | EV_EOF, 0, 0, NULL));
}

static void x219_switch_takes_the_except_filter_away(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    tap_equal("no such switch", EINVAL, kqemul_switch("nosuchswitch", 1));
    tap_equal("switch", 0, kqemul_switch("noexcept", 1));
    tap_errno("EV_ADD without the filter", EINVAL, change_errno(kq, (uintptr_t)server, EVFILT_EXCEPT, EV_ADD));
    tap_equal("switch", 0, kqemul_switch("noexcept", 0));
    tap_errno("EV_ADD with it", 0, change_errno(kq, (uintptr_t)server, EVFILT_EXCEPT, EV_ADD));
}

static void x220_switch_makes_a_terminals_write_filter_fire_for_ever(void) {
    int kq = new_kqueue();
    int master = own(posix_openpt(O_RDWR | O_NOCTTY));
    struct want writable = {.ident = (uintptr_t)master, .filter = EVFILT_WRITE, .data = SOME_DATA};
    change(kq, (uintptr_t)master, EVFILT_WRITE, EV_ADD | EV_DISPATCH);
    expect(kq, &writable);
    expect_none(kq);
    tap_equal("switch", 0, kqemul_switch("stuckwrite", 1));
    change(kq, (uintptr_t)master, EVFILT_WRITE, EV_ADD | EV_ENABLE | EV_DISPATCH);
    for (int i = 0; i < 3; i++)
        expect(kq, &writable);
    change(kq, (uintptr_t)master, EVFILT_WRITE, EV_DELETE);
    expect_none(kq);
    tap_equal("switch", 0, kqemul_switch("stuckwrite", 0));
}

static void x221_write_end_reads_the_end_when_its_reader_has_gone(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[1], EVFILT_READ, EV_ADD | EV_CLEAR);
    put(ends[1], 3);
    expect_none(kq);
    drop(ends[0]);
    expect(kq, WANT(.ident = (uintptr_t)ends[1], .filter = EVFILT_READ, .flags = EV_CLEAR | EV_EOF));
}

const struct tap_case x_emulation[] = {
    TAP_CASE(x201_nodata_events_carry_no_count),
    TAP_CASE(x202_nodata_level_knote_is_silent_when_drained),
    TAP_CASE(x203_nodata_read_added_after_write_sees_earlier_input),
    TAP_CASE(x204_nodata_fin_and_rst),
    TAP_CASE(x205_nodata_refused_connect),
    TAP_CASE(x206_nodata_write_is_re_armed_after_a_refused_write),
    TAP_CASE(x207_nodata_beside_lowat_counts),
    TAP_CASE(x208_number_reused_behind_our_back_is_noticed_by_add),
    TAP_CASE(x209_local_listener_reports_until_its_queue_is_empty),
    TAP_CASE(x210_forced_oneshot_fires_without_data_and_goes),
    TAP_CASE(x211_one_event_goes_to_one_of_three_waiters),
    TAP_CASE(x212_closing_a_kqueue_lets_every_waiter_go),
    TAP_CASE(x213_trigger_inside_wakes_the_waiter_outside),
    TAP_CASE(x214_shutdown_from_another_thread_wakes_the_waiter),
    TAP_CASE(x215_shut_listener_ends_with_econnaborted),
    TAP_CASE(x216_copy_of_an_earlier_file_cannot_speak_for_the_number),
    TAP_CASE(x217_number_reused_after_its_knotes_were_deleted),
    TAP_CASE(x218_pseudo_terminal_counts_and_ends),
    TAP_CASE(x219_switch_takes_the_except_filter_away),
    TAP_CASE(x220_switch_makes_a_terminals_write_filter_fire_for_ever),
    TAP_CASE(x221_write_end_reads_the_end_when_its_reader_has_gone),
    TAP_END,
};

#else

const struct tap_case x_emulation[] = {
    TAP_END,
};

#endif
