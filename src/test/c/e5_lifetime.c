/* SPDX-License-Identifier: Apache-2.0 */

/* Descriptors and kqueues that are closed, copied, nested, forked and shared between threads. */
#include "contract.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

static void e77_close_takes_the_pending_event_along(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    put(ends[1], 1);
    drop(ends[0]);
    expect_none(kq);
}

static void e78_reused_number_has_no_knote(void) {
    int ends[2];
    int pair[2];
    int kq = new_kqueue();
    new_pipe(ends);
    new_pair(pair);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    int number = ends[0];
    drop(ends[0]);
    tap_equal("dup2", number, dup2(pair[0], number));
    own(number);
    put(pair[1], 1);
    wait_readable(number);
    expect_none(kq);
    change(kq, (uintptr_t)number, EVFILT_READ, EV_ADD);
    expect(kq, WANT(.ident = (uintptr_t)number, .filter = EVFILT_READ, .data = 1));
}

static void e79_knote_belongs_to_the_number_not_to_its_copies(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    int copy = own(dup(ends[0]));
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    drop(ends[0]);
    put(ends[1], 1);
    wait_readable(copy);
    expect_none(kq);
    put(ends[1], 1);
    expect_none_for(kq, SETTLE_MS);
}

static void e80_copies_have_knotes_of_their_own(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    int copy = own(dup(ends[0]));
    struct want wants[] = {
        {.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 1},
        {.ident = (uintptr_t)copy, .filter = EVFILT_READ, .flags = EV_CLEAR, .data = 1},
    };
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_CLEAR);
    change(kq, (uintptr_t)copy, EVFILT_READ, EV_ADD | EV_CLEAR);
    put(ends[1], 1);
    expect_all(kq, wants, 2);
}

static void e81_dup2_over_a_number_drops_its_knote(void) {
    int ends[2];
    int other[2];
    int kq = new_kqueue();
    new_pipe(ends);
    new_pipe(other);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    put(ends[1], 1);
    put(other[1], 1);
    tap_equal("dup2", ends[0], dup2(other[0], ends[0]));
    expect_none(kq);
    tap_errno("EV_DELETE", ENOENT, change_errno(kq, (uintptr_t)ends[0], EVFILT_READ, EV_DELETE));
}

static void e82_delete_after_close_is_ebadf(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    int number = ends[0];
    drop(ends[0]);
    tap_errno("closed number", EBADF, change_errno(kq, (uintptr_t)number, EVFILT_READ, EV_DELETE));
    tap_equal("dup2", number, dup2(ends[1], number));
    own(number);
    tap_errno("reused number", ENOENT, change_errno(kq, (uintptr_t)number, EVFILT_READ, EV_DELETE));
}

static void e83_kqueue_in_a_kqueue_counts_its_events(void) {
    int first[2];
    int second[2];
    int outer = new_kqueue();
    int inner = new_kqueue();
    new_pipe(first);
    new_pipe(second);
    change(inner, (uintptr_t)first[0], EVFILT_READ, EV_ADD);
    change(inner, (uintptr_t)second[0], EVFILT_READ, EV_ADD);
    change(outer, (uintptr_t)inner, EVFILT_READ, EV_ADD);
    expect_none(outer);
    put(first[1], 1);
    expect(outer, WANT(.ident = (uintptr_t)inner, .filter = EVFILT_READ, .data = 1));
    put(second[1], 1);
    expect(outer, WANT(.ident = (uintptr_t)inner, .filter = EVFILT_READ, .data = 2));
    get(first[0], 1);
    get(second[0], 1);
    expect_none(inner);
    expect_none(outer);
    put(first[1], 1);
    expect(outer, WANT(.ident = (uintptr_t)inner, .filter = EVFILT_READ, .data = 1));
    if (on(M | F))
        tap_errno("a kqueue in itself", EINVAL, change_errno(outer, (uintptr_t)outer, EVFILT_READ, EV_ADD));
}

/* Ends the child if it does not end by itself. */
static int wait_for_child(pid_t child) {
    int status = -1;
    pid_t ended = 0;
    for (int64_t until = now_millis() + PATIENCE_MS; ended == 0 && now_millis() < until; pause_millis(1))
        ended = waitpid(child, &status, WNOHANG);
    if (ended == 0) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    return status;
}

static void e84_child_has_no_kqueue(void) {
    struct kevent kev;
    int kq = new_kqueue();
    pid_t child = fork();
    if (child == 0) {
        int result = call(kq, NULL, 0, &kev, 1, 0);
        bool refused = result == -1 && errno == EBADF;
        _exit(refused && fcntl(kq, F_GETFD) < 0 ? 0 : 1);
    }
    tap_true("fork", child > 0);
    int status = wait_for_child(child);
    tap_true("in the child kevent is EBADF and the number is closed", WIFEXITED(status) && WEXITSTATUS(status) == 0);
    expect_none(kq);
}

static void e85_close_of_a_kqueue_someone_waits_in(void) {
    struct waiter waiter;
    int kq = new_kqueue();
    start_waiter(&waiter, kq, 400);
    drop(kq);
    join_waiter(&waiter);
    if (on(M | O | N | E)) {
        tap_equal("kevent", -1, waiter.result);
        tap_errno("kevent", EBADF, waiter.error);
    } else {
        tap_true("no event", waiter.result <= 0);
    }
}

static void e86_add_from_another_thread_wakes_the_waiter(void) {
    int ends[2];
    struct waiter waiter;
    int kq = new_kqueue();
    new_pipe(ends);
    put(ends[1], 1);
    start_waiter(&waiter, kq, PATIENCE_MS);
    int error = change_errno(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    join_waiter(&waiter);
    tap_errno("EV_ADD", 0, error);
    tap_equal("events", 1, waiter.result);
    same(WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 1), &waiter.kev);
}

static void e87_close_under_a_waiter_is_no_event(void) {
    int ends[2];
    int other[2];
    struct waiter waiter;
    int kq = new_kqueue();
    new_pair(ends);
    new_pipe(other);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    change(kq, (uintptr_t)other[0], EVFILT_READ, EV_ADD);
    start_waiter(&waiter, kq, PATIENCE_MS);
    drop(ends[0]);
    pause_millis(SETTLE_MS);
    ssize_t written = write(other[1], "x", 1);
    join_waiter(&waiter);
    tap_equal("write", 1, written);
    tap_equal("events", 1, waiter.result);
    same(WANT(.ident = (uintptr_t)other[0], .filter = EVFILT_READ, .data = 1), &waiter.kev);
}

const struct tap_case e5_lifetime[] = {
    TAP_CASE(e77_close_takes_the_pending_event_along),
    TAP_CASE(e78_reused_number_has_no_knote),
    TAP_CASE(e79_knote_belongs_to_the_number_not_to_its_copies),
    TAP_CASE(e80_copies_have_knotes_of_their_own),
    TAP_CASE(e81_dup2_over_a_number_drops_its_knote),
    TAP_CASE(e82_delete_after_close_is_ebadf),
    TAP_CASE(e83_kqueue_in_a_kqueue_counts_its_events),
    TAP_CASE(e84_child_has_no_kqueue),
    TAP_CASE(e85_close_of_a_kqueue_someone_waits_in),
    TAP_CASE(e86_add_from_another_thread_wakes_the_waiter),
    TAP_CASE(e87_close_under_a_waiter_is_no_event),
    TAP_END,
};
