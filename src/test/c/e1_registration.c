/* SPDX-License-Identifier: Apache-2.0 */

/* Registration and flags. */
#include "contract.h"

#include <errno.h>

#define FLAG1 0x2000 /* EV_OOBAND where it has a name */

static void *tag(int number) {
    return (void *)(uintptr_t)number;
}

static void e01_kqueues_are_independent(void) {
    int ends[2];
    int a = new_kqueue();
    int b = new_kqueue();
    new_pipe(ends);
    tap_true("two kqueues are two descriptors", a >= 0 && b >= 0 && a != b);
    put(ends[1], 1);
    change(a, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    expect_none(b);
    expect(a, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1));
}

static void e02_add_of_a_closed_descriptor_is_ebadf(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    uintptr_t closed = (uintptr_t)ends[0];
    drop(ends[0]);
    tap_errno("with room", EBADF, change_entry(kq, closed, EVFILT_READ, EV_ADD));
    tap_errno("without room", EBADF, change_errno(kq, closed, EVFILT_READ, EV_ADD));
}

static void e03_unknown_filter_is_einval(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    tap_errno("filter 1000", EINVAL, change_errno(kq, (uintptr_t)ends[0], 1000, EV_ADD));
    if (on(F))
        tap_errno("filter 0 is skipped", 0, change_errno(kq, (uintptr_t)ends[0], 0, EV_ADD));
}

static void e04_delete_of_an_unknown_knote_is_enoent(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    tap_errno("with room", ENOENT, change_entry(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE));
    tap_errno("without room", ENOENT, change_errno(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE));
}

static void e05_enable_and_disable_of_an_unknown_knote_are_enoent(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pair(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    tap_errno("EV_ENABLE", ENOENT, change_errno(kq, (uintptr_t)ends[0], EVFILT_WRITE, EV_ENABLE));
    tap_errno("EV_DISABLE", ENOENT, change_errno(kq, (uintptr_t)ends[0], EVFILT_WRITE, EV_DISABLE));
}

static void e06_add_of_a_readable_descriptor_reports_at_once(void) {
    int pipe_ends[2];
    int pair[2];
    int kq = new_kqueue();
    new_pipe(pipe_ends);
    new_pair(pair);
    put(pipe_ends[1], 3);
    put(pair[1], 4);
    change(kq, (uintptr_t)pipe_ends[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    expect(kq, WANT(.ident = (uintptr_t)pipe_ends[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 3));
    change(kq, (uintptr_t)pair[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    expect(kq, WANT(.ident = (uintptr_t)pair[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 4));
}

static void e07_re_add_replaces_udata(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change_all(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD, 0, 0, tag(1));
    change_all(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD, 0, 0, tag(2));
    put(ends[1], 1);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1, .udata = tag(2)));
}

static void e08_re_add_of_clear_knote_reports_again(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    struct want *event = WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 2);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    put(ends[1], 2);
    expect(kq, event);
    expect_none(kq);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    expect(kq, event);
    expect_none(kq);
}

static void e09_re_add_with_clear_leaves_a_level_knote_level(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    struct want *event = WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    put(ends[1], 1);
    expect(kq, event);
    expect(kq, event);
}

static void e10_re_add_without_clear_leaves_a_clear_knote_clear(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    put(ends[1], 1);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 1));
    expect_none(kq);
}

static void e11_re_add_does_not_enable_a_disabled_knote(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DISABLE);
    put(ends[1], 1);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    expect_none(kq);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ENABLE);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1));
}

static void e12_knote_added_disabled_is_silent_until_enabled(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    put(ends[1], 1);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_DISABLE);
    expect_none(kq);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ENABLE);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1));
}

static void e13_disable_holds_back_a_pending_event(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    put(ends[1], 1);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DISABLE);
    expect_none(kq);
}

static void e14_delete_takes_a_pending_event_along(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    put(ends[1], 1);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE);
    expect_none(kq);
    tap_errno("second EV_DELETE", ENOENT, change_errno(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE));
}

static void e15_oneshot_is_gone_after_its_event(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_ONESHOT);
    put(ends[1], 1);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1));
    expect_none(kq);
    tap_errno("EV_DELETE", ENOENT, change_errno(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE));
}

/* NetBSD does not run the filter for EV_ENABLE alone. */
static unsigned enable(void) {
    return on(N) ? EV_ADD | EV_ENABLE : EV_ENABLE;
}

static void e16_dispatch_reports_again_when_enabled(void) {
#ifdef EV_DISPATCH
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    struct want *event = WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_DISPATCH);
    put(ends[1], 1);
    expect(kq, event);
    expect_none(kq);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, enable());
    expect(kq, event);
    expect_none(kq);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_ENABLE | EV_DISPATCH);
    expect(kq, event);
#else
    tap_skip("no EV_DISPATCH");
#endif
}

static void e17_dispatch_is_disabled_after_its_event(void) {
#ifdef EV_DISPATCH
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_DISPATCH);
    put(ends[1], 1);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1));
    put(ends[1], 1);
    expect_none(kq);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_DISPATCH | EV_CLEAR);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 2));
    put(ends[1], 1);
    if (on(N))
        expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 3));
    else
        expect_none(kq);
#else
    tap_skip("no EV_DISPATCH");
#endif
}

static void e18_clear_knote_reports_new_bytes_with_the_total(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pair(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    put(ends[1], 3);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 3));
    expect_none(kq);
    put(ends[1], 1);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 4));
    expect_none(kq);
}

static void e19_level_knote_reports_until_drained(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pair(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    put(ends[1], 3);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 3));
    get(ends[0], 1);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 2));
    get(ends[0], 2);
    expect_none(kq);
}

static void e20_read_and_write_are_two_knotes(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pair(ends);
    put(ends[1], 1);
    struct want wants[] = {
        {.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1},
        {.ident = (uintptr_t)ends[0], .filter = EVFILT_WRITE, .data = SOME_DATA},
    };
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    change(kq, (uintptr_t)ends[0], EVFILT_WRITE, EV_ADD);
    expect_all(kq, wants, 2);
    change(kq, (uintptr_t)ends[0], EVFILT_WRITE, EV_DELETE);
    expect(kq, &wants[0]);
}

static void e21_add_with_delete(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    uintptr_t fd = (uintptr_t)ends[0];
    tap_errno("unknown knote", on(M) ? ENOENT : 0, change_errno(kq, fd, EVFILT_READ, EV_ADD | EV_DELETE));
    if (!on(M))
        change(kq, fd, EVFILT_READ, EV_DELETE);
    change(kq, fd, EVFILT_READ, EV_ADD);
    tap_errno("known knote", 0, change_errno(kq, fd, EVFILT_READ, EV_ADD | EV_DELETE));
    tap_errno("EV_DELETE after it", on(O | D) ? 0 : ENOENT, change_errno(kq, fd, EVFILT_READ, EV_DELETE));
}

static void e22_enable_with_disable(void) {
    int ends[2];
    int kq = new_kqueue();
    if (!on(M | F))
        tap_skip("not known for this system");
    new_pipe(ends);
    put(ends[1], 1);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_DISABLE);
    int error = change_errno(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ENABLE | EV_DISABLE);
    tap_errno("EV_ENABLE|EV_DISABLE", on(M) ? 0 : EINVAL, error);
    expect_none(kq);
}

static void e23_system_flags_are_ignored_in_changes(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_EOF | EV_ERROR | 0xF000);
    put(ends[1], 1);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1));
}

static void e24_urgent_byte_sets_no_ooband_flag(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR | FLAG1);
    put(client, 1);
    tap_equal("send MSG_OOB", 1, send(client, "!", 1, MSG_OOB));
    struct kevent kev = take(kq);
    same(WANT(.ident = (uintptr_t)server, .filter = EVFILT_READ, .flags = EV_CLEAR, .data = SOME_DATA), &kev);
    tap_equal("EV_OOBAND in flags", 0, kev.flags & FLAG1);
}

static void e25_filters_of_a_descriptor_come_in_any_order(void) {
    int client;
    int server;
    int kq = new_kqueue();
    new_tcp(&client, &server);
    put(client, 2);
    wait_bytes(server, 2);
    struct want wants[] = {
        {.ident = (uintptr_t)server, .filter = EVFILT_WRITE, .flags = EV_CLEAR, .data = SOME_DATA},
        {.ident = (uintptr_t)server, .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 2},
    };
    change(kq, (uintptr_t)server, EVFILT_WRITE, EV_ADD | EV_CLEAR);
    change(kq, (uintptr_t)server, EVFILT_READ, EV_ADD | EV_CLEAR);
    expect_all(kq, wants, 2);
}

const struct tap_case e1_registration[] = {
    TAP_CASE(e01_kqueues_are_independent),
    TAP_CASE(e02_add_of_a_closed_descriptor_is_ebadf),
    TAP_CASE(e03_unknown_filter_is_einval),
    TAP_CASE(e04_delete_of_an_unknown_knote_is_enoent),
    TAP_CASE(e05_enable_and_disable_of_an_unknown_knote_are_enoent),
    TAP_CASE(e06_add_of_a_readable_descriptor_reports_at_once),
    TAP_CASE(e07_re_add_replaces_udata),
    TAP_CASE(e08_re_add_of_clear_knote_reports_again),
    TAP_CASE(e09_re_add_with_clear_leaves_a_level_knote_level),
    TAP_CASE(e10_re_add_without_clear_leaves_a_clear_knote_clear),
    TAP_CASE(e11_re_add_does_not_enable_a_disabled_knote),
    TAP_CASE(e12_knote_added_disabled_is_silent_until_enabled),
    TAP_CASE(e13_disable_holds_back_a_pending_event),
    TAP_CASE(e14_delete_takes_a_pending_event_along),
    TAP_CASE(e15_oneshot_is_gone_after_its_event),
    TAP_CASE(e16_dispatch_reports_again_when_enabled),
    TAP_CASE(e17_dispatch_is_disabled_after_its_event),
    TAP_CASE(e18_clear_knote_reports_new_bytes_with_the_total),
    TAP_CASE(e19_level_knote_reports_until_drained),
    TAP_CASE(e20_read_and_write_are_two_knotes),
    TAP_CASE(e21_add_with_delete),
    TAP_CASE(e22_enable_with_disable),
    TAP_CASE(e23_system_flags_are_ignored_in_changes),
    TAP_CASE(e24_urgent_byte_sets_no_ooband_flag),
    TAP_CASE(e25_filters_of_a_descriptor_come_in_any_order),
    TAP_END,
};
