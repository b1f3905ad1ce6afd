/* SPDX-License-Identifier: Apache-2.0 */

/* Change list, errors, time-outs. */
#include "contract.h"

#include <errno.h>
#include <signal.h>

enum { AT_ONCE_MS = 500 };

/* A pipe's read end, its number, and a number that is closed. */
static void one_good_one_bad(int ends[2], struct kevent *good, struct kevent *bad) {
    int closed[2];
    new_pipe(ends);
    new_pipe(closed);
    fill(good, (uintptr_t)ends[0], EVFILT_READ, EV_ADD, 0, 0, NULL);
    fill(bad, (uintptr_t)closed[0], EVFILT_READ, EV_ADD, 0, 0, (void *)good);
    drop(closed[0]);
}

static void expect_only_error(int count, const struct kevent *entry, const struct kevent *bad) {
    tap_equal("entries", 1, count);
    same(WANT(.ident = bad->ident, .filter = EVFILT_READ, .flags = EV_ERROR, .fflags = ANY_FFLAGS, .data = EBADF, .udata = (void *)bad->udata), entry);
}

static void e26_error_becomes_an_entry_and_the_rest_is_applied(void) {
    int ends[2];
    struct kevent changes[2];
    struct kevent events[8];
    int kq = new_kqueue();
    one_good_one_bad(ends, &changes[1], &changes[0]);
    struct kevent bad = changes[0];
    expect_only_error(call(kq, changes, 2, events, 8, PATIENCE_MS), events, &bad);
    put(ends[1], 1);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1));
}

static void e27_events_wait_while_there_are_errors(void) {
    int ends[2];
    int ready[2];
    struct kevent changes[2];
    struct kevent events[8];
    int kq = new_kqueue();
    new_pipe(ready);
    put(ready[1], 1);
    change(kq, (uintptr_t)ready[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    one_good_one_bad(ends, &changes[0], &changes[1]);
    struct kevent bad = changes[1];
    expect_only_error(call(kq, changes, 2, events, 8, PATIENCE_MS), events, &bad);
    expect(kq, WANT(.ident = (uintptr_t)ready[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 1));
}

static void e28_error_entry_does_not_wait(void) {
    int ends[2];
    struct kevent changes[2];
    struct kevent events[8];
    int kq = new_kqueue();
    one_good_one_bad(ends, &changes[0], &changes[1]);
    struct kevent bad = changes[1];
    int64_t start = now_millis();
    expect_only_error(call(kq, changes, 2, events, 8, PATIENCE_MS), events, &bad);
    tap_true("it returned at once", now_millis() - start < AT_ONCE_MS);
}

static void e29_error_without_room_drops_the_rest(void) {
    int ends[2];
    struct kevent changes[2];
    int kq = new_kqueue();
    one_good_one_bad(ends, &changes[1], &changes[0]);
    tap_equal("kevent", -1, call(kq, changes, 2, NULL, 0, 0));
    tap_errno("kevent", EBADF, errno);
    tap_errno("EV_DELETE", ENOENT, change_errno(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE));
}

static void e30_changes_before_an_error_without_room_are_applied(void) {
    int ends[2];
    struct kevent changes[2];
    int kq = new_kqueue();
    one_good_one_bad(ends, &changes[0], &changes[1]);
    tap_equal("kevent", -1, call(kq, changes, 2, NULL, 0, 0));
    tap_errno("kevent", EBADF, errno);
    tap_errno("EV_DELETE", 0, change_errno(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE));
}

static void e31_receipt_comes_instead_of_events(void) {
#ifdef EV_RECEIPT
    int ends[2];
    struct kevent kev;
    struct kevent entry;
    int kq = new_kqueue();
    new_pipe(ends);
    put(ends[1], 1);
    fill(&kev, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_RECEIPT, 0, 0, NULL);
    tap_equal("entries", 1, call(kq, &kev, 1, &entry, 1, PATIENCE_MS));
    tap_true("EV_ERROR is set", entry.flags & EV_ERROR);
    tap_errno("data", 0, (int)entry.data);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1));
    /* Without room FreeBSD and NetBSD apply this change, drop the next one and return 0. */
    if (on(F | N)) {
        struct kevent two[2];
        fill(&two[0], (uintptr_t)ends[0], EVFILT_READ, EV_DELETE | EV_RECEIPT, 0, 0, NULL);
        fill(&two[1], (uintptr_t)ends[1], EVFILT_WRITE, EV_ADD, 0, 0, NULL);
        tap_equal("kevent without room", 0, call(kq, two, 2, NULL, 0, 0));
        tap_errno("the first", ENOENT, change_errno(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE));
        tap_errno("the second", ENOENT, change_errno(kq, (uintptr_t)ends[1], EVFILT_WRITE, EV_DELETE));
    }
#else
    tap_skip("no EV_RECEIPT");
#endif
}

static void e32_no_room_returns_at_once(void) {
    int kq = new_kqueue();
    int64_t start = now_millis();
    tap_equal("kevent", 0, call(kq, NULL, 0, NULL, 0, PATIENCE_MS));
    tap_true("it returned at once", now_millis() - start < AT_ONCE_MS);
}

static void e33_little_room_starves_nobody(void) {
    int ends[3][2];
    int seen[3] = {0};
    struct kevent events[2];
    int kq = new_kqueue();
    for (int i = 0; i < 3; i++) {
        new_pipe(ends[i]);
        put(ends[i][1], 1);
        change(kq, (uintptr_t)ends[i][0], EVFILT_READ, EV_ADD);
    }
    for (int turn = 0; turn < 6; turn++) {
        int count = call(kq, NULL, 0, events, 2, PATIENCE_MS);
        tap_true("one or two events", count == 1 || count == 2);
        for (int i = 0; i < count; i++)
            for (int j = 0; j < 3; j++)
                seen[j] += events[i].ident == (uintptr_t)ends[j][0];
    }
    tap_true("each descriptor was reported at least twice in six turns", seen[0] >= 2 && seen[1] >= 2 && seen[2] >= 2);
}

static void e34_one_array_may_be_both_lists(void) {
    int ends[2];
    struct kevent kev;
    int kq = new_kqueue();
    new_pipe(ends);
    put(ends[1], 5);
    fill(&kev, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0, &kq);
    tap_equal("events", 1, call(kq, &kev, 1, &kev, 1, PATIENCE_MS));
    same(WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 5, .udata = &kq), &kev);
}

static void e35_zero_timeout_polls(void) {
    struct kevent kev;
    int kq = new_kqueue();
    int64_t start = now_millis();
    tap_equal("events", 0, call(kq, NULL, 0, &kev, 1, 0));
    tap_true("it returned at once", now_millis() - start < AT_ONCE_MS);
}

static void e36_timeout_is_not_cut_short(void) {
    struct kevent kev;
    struct timespec before;
    struct timespec after;
    int kq = new_kqueue();
    clock_gettime(CLOCK_MONOTONIC, &before);
    tap_equal("events", 0, call(kq, NULL, 0, &kev, 1, 50));
    clock_gettime(CLOCK_MONOTONIC, &after);
    int64_t micros = (int64_t)(after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
    tap_true("at least 50 ms passed", micros >= 50000);
    tap_true("less than 500 ms passed", micros < 500000);
}

static void e37_bad_timeouts_are_einval_and_long_ones_are_not(void) {
    int ends[2];
    struct kevent kev;
    int kq = new_kqueue();
    struct timespec bad_nanos = {0, 1000000001};
    struct timespec negative = {-1, 0};
    struct timespec year = {86400 * 365, 0};
    tap_equal("tv_nsec above 10^9", -1, kevent(kq, NULL, 0, &kev, 1, &bad_nanos));
    tap_errno("tv_nsec above 10^9", EINVAL, errno);
    int result = kevent(kq, NULL, 0, &kev, 1, &negative);
    tap_true("negative tv_sec does not block", result == 0 || (result == -1 && errno == EINVAL));
    if (on(M | E))
        tap_equal("negative tv_sec", -1, result);
    new_pipe(ends);
    put(ends[1], 1);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    tap_equal("a year", 1, kevent(kq, NULL, 0, &kev, 1, &year));
}

static void ignore_signal(int number) {
    (void)number;
}

static void *interrupt(void *argument) {
    pause_millis(2 * SETTLE_MS);
    pthread_kill(*(pthread_t *)argument, SIGUSR1);
    return NULL;
}

static void e38_signal_interrupts_and_changes_stay(void) {
    int ends[2];
    struct kevent kev;
    struct sigaction before;
    struct sigaction action;
    pthread_t self = pthread_self();
    pthread_t thread;
    int kq = new_kqueue();
    new_pipe(ends);
    action.sa_handler = ignore_signal;
    action.sa_flags = 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, &before);
    fill(&kev, (uintptr_t)ends[0], EVFILT_READ, EV_ADD, 0, 0, NULL);
    tap_errno("pthread_create", 0, pthread_create(&thread, NULL, interrupt, &self));
    int result = call(kq, &kev, 1, &kev, 1, PATIENCE_MS);
    int error = errno;
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &before, NULL);
    tap_equal("kevent", -1, result);
    tap_errno("kevent", EINTR, error);
    put(ends[1], 1);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1));
}

static void e39_not_a_kqueue_is_ebadf(void) {
    int ends[2];
    struct kevent kev;
    int kq = new_kqueue();
    new_pipe(ends);
    drop(kq);
    tap_equal("kevent on a closed number", -1, call(kq, NULL, 0, &kev, 1, 0));
    tap_errno("kevent on a closed number", EBADF, errno);
    tap_equal("kevent on a pipe", -1, call(ends[0], NULL, 0, &kev, 1, 0));
    tap_errno("kevent on a pipe", EBADF, errno);
}

static void e40_null_eventlist_is_efault(void) {
    int ends[2];
    if (on(X))
        tap_skip("libkqueue writes through the pointer");
    int kq = new_kqueue();
    new_pipe(ends);
    put(ends[1], 1);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    tap_equal("kevent", -1, call(kq, NULL, 0, NULL, 1, 0));
    tap_errno("kevent", EFAULT, errno);
}

const struct tap_case e2_changes[] = {
    TAP_CASE(e26_error_becomes_an_entry_and_the_rest_is_applied),
    TAP_CASE(e27_events_wait_while_there_are_errors),
    TAP_CASE(e28_error_entry_does_not_wait),
    TAP_CASE(e29_error_without_room_drops_the_rest),
    TAP_CASE(e30_changes_before_an_error_without_room_are_applied),
    TAP_CASE(e31_receipt_comes_instead_of_events),
    TAP_CASE(e32_no_room_returns_at_once),
    TAP_CASE(e33_little_room_starves_nobody),
    TAP_CASE(e34_one_array_may_be_both_lists),
    TAP_CASE(e35_zero_timeout_polls),
    TAP_CASE(e36_timeout_is_not_cut_short),
    TAP_CASE(e37_bad_timeouts_are_einval_and_long_ones_are_not),
    TAP_CASE(e38_signal_interrupts_and_changes_stay),
    TAP_CASE(e39_not_a_kqueue_is_ebadf),
    TAP_CASE(e40_null_eventlist_is_efault),
    TAP_END,
};
