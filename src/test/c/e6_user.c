/* SPDX-License-Identifier: Apache-2.0 */

/* EVFILT_USER: macOS, FreeBSD, DragonFly, NetBSD >= 10, OpenBSD >= 7.8. */
#include "contract.h"

#ifdef EVFILT_USER

#include <errno.h>

enum { ID = 42, AT_ONCE_MS = 500 };

static void *tag(int number) {
    return (void *)(uintptr_t)number;
}

static int user_kqueue(void) {
    int kq = new_kqueue();
    int error = change_errno(kq, ID, EVFILT_USER, EV_ADD);
    if (error == EINVAL)
        tap_skip("this kernel has no EVFILT_USER");
    tap_errno("EV_ADD", 0, error);
    change(kq, ID, EVFILT_USER, EV_DELETE);
    return kq;
}

static void touch(int kq, unsigned flags, unsigned fflags) {
    change_all(kq, ID, EVFILT_USER, flags, fflags, 0, NULL);
}

static void trigger(int kq) {
    touch(kq, 0, NOTE_TRIGGER);
}

static void expect_user(int kq, unsigned flags) {
    expect(kq, WANT(ID, EVFILT_USER, flags, ANY_FFLAGS, 0, NULL));
}

static void e88_trigger_of_a_clear_knote_is_one_event(void) {
    int kq = user_kqueue();
    touch(kq, EV_ADD | EV_CLEAR, 0);
    expect_none(kq);
    trigger(kq);
    expect_user(kq, EV_CLEAR);
    expect_none(kq);
}

static void e89_triggers_coalesce(void) {
    int kq = user_kqueue();
    touch(kq, EV_ADD | EV_CLEAR, 0);
    for (int i = 0; i < 5; i++)
        trigger(kq);
    expect_user(kq, EV_CLEAR);
    expect_none(kq);
}

static void e90_level_knote_repeats_until_disabled(void) {
    int kq = user_kqueue();
    touch(kq, EV_ADD, 0);
    trigger(kq);
    expect_user(kq, 0);
    expect_user(kq, 0);
    touch(kq, EV_DISABLE, 0);
    expect_none(kq);
}

static void e91_trigger_of_an_unknown_ident_is_enoent(void) {
    struct kevent kev;
    int kq = user_kqueue();
    touch(kq, EV_ADD | EV_CLEAR, 0);
    fill(&kev, ID + 1, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
    tap_equal("kevent", -1, call(kq, &kev, 1, NULL, 0, 0));
    tap_errno("kevent", ENOENT, errno);
}

static void e92_trigger_in_the_first_add(void) {
    int kq = user_kqueue();
    if (!on(M | F | N))
        tap_skip("not known for this system");
    touch(kq, EV_ADD | EV_CLEAR, NOTE_TRIGGER);
    if (on(M))
        expect_user(kq, EV_CLEAR);
    else
        expect_none(kq);
}

static void e93_trigger_in_a_change_with_clear(void) {
    int kq = user_kqueue();
    if (!on(M | F | N))
        tap_skip("not known for this system");
    touch(kq, EV_ADD | EV_CLEAR, 0);
    touch(kq, EV_CLEAR, NOTE_TRIGGER);
    if (on(M))
        expect_user(kq, EV_CLEAR);
    else
        expect_none(kq);
}

static void expect_fflags(int kq, unsigned fflags) {
    struct kevent kev = take(kq);
    same(WANT(ID, EVFILT_USER, EV_CLEAR, ANY_FFLAGS, 0, NULL), &kev);
    tap_equal("fflags", fflags, kev.fflags & NOTE_FFLAGSMASK);
}

static void e94_fflags_are_combined(void) {
    int kq = user_kqueue();
    touch(kq, EV_ADD | EV_CLEAR, 0);
    touch(kq, 0, NOTE_FFCOPY | 0x5);
    touch(kq, 0, NOTE_FFOR | NOTE_TRIGGER | 0x2);
    expect_fflags(kq, 0x7);
    touch(kq, 0, NOTE_FFCOPY | 0x7);
    touch(kq, 0, NOTE_FFAND | NOTE_TRIGGER | 0x4);
    expect_fflags(kq, 0x4);
    touch(kq, 0, NOTE_FFCOPY | 0x4);
    touch(kq, 0, NOTE_FFNOP | NOTE_TRIGGER | 0x3);
    expect_fflags(kq, 0x4);
}

static void e95_trigger_replaces_udata(void) {
    int kq = user_kqueue();
    change_all(kq, ID, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, tag(1));
    change_all(kq, ID, EVFILT_USER, 0, NOTE_TRIGGER, 0, tag(2));
    expect(kq, WANT(ID, EVFILT_USER, EV_CLEAR, ANY_FFLAGS, 0, tag(2)));
    if (!on(M | F | N))
        return;
    change_all(kq, ID, EVFILT_USER, EV_DISABLE, 0, 0, tag(3));
    change_all(kq, ID, EVFILT_USER, EV_ENABLE, NOTE_TRIGGER, 0, NULL);
    expect(kq, WANT(ID, EVFILT_USER, EV_CLEAR, ANY_FFLAGS, 0, NULL));
}

static void e96_trigger_from_another_thread_wakes_the_waiter(void) {
    struct waiter waiter;
    struct kevent kev;
    int kq = user_kqueue();
    touch(kq, EV_ADD | EV_CLEAR, 0);
    start_waiter(&waiter, kq, PATIENCE_MS);
    int64_t start = now_millis();
    fill(&kev, ID, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
    int result = call(kq, &kev, 1, NULL, 0, 0);
    join_waiter(&waiter);
    tap_equal("trigger", 0, result);
    tap_equal("events", 1, waiter.result);
    same(WANT(ID, EVFILT_USER, EV_CLEAR, ANY_FFLAGS, 0, NULL), &waiter.kev);
    tap_true("the waiter returned at once", waiter.returned - start < AT_ONCE_MS);
    expect_none(kq);
}

static void e97_oneshot_is_gone_after_its_event(void) {
    struct kevent kev;
    int kq = user_kqueue();
    touch(kq, EV_ADD | EV_ONESHOT, 0);
    trigger(kq);
    expect_user(kq, 0);
    fill(&kev, ID, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
    tap_equal("kevent", -1, call(kq, &kev, 1, NULL, 0, 0));
    tap_errno("kevent", ENOENT, errno);
}

static void e98_trigger_is_kept_while_disabled(void) {
    int kq = user_kqueue();
    if (!on(M | F))
        tap_skip("not known for this system");
    touch(kq, EV_ADD | EV_CLEAR, 0);
    touch(kq, EV_DISABLE, 0);
    trigger(kq);
    expect_none(kq);
    touch(kq, EV_ENABLE, 0);
    expect_user(kq, EV_CLEAR);
}

static void e99_dispatch_is_enabled_and_triggered_in_one_change(void) {
#ifdef EV_DISPATCH
    int kq = user_kqueue();
    touch(kq, EV_ADD | EV_DISPATCH, 0);
    trigger(kq);
    expect_user(kq, 0);
    trigger(kq);
    expect_none(kq);
    touch(kq, EV_ENABLE, NOTE_TRIGGER);
    expect_user(kq, 0);
    expect_none(kq);
#else
    tap_skip("no EV_DISPATCH");
#endif
}

#else

#define SKIPPED(name)                                                                                                                                          \
    static void name(void) {                                                                                                                                   \
        tap_skip("no EVFILT_USER");                                                                                                                            \
    }
SKIPPED(e88_trigger_of_a_clear_knote_is_one_event)
SKIPPED(e89_triggers_coalesce)
SKIPPED(e90_level_knote_repeats_until_disabled)
SKIPPED(e91_trigger_of_an_unknown_ident_is_enoent)
SKIPPED(e92_trigger_in_the_first_add)
SKIPPED(e93_trigger_in_a_change_with_clear)
SKIPPED(e94_fflags_are_combined)
SKIPPED(e95_trigger_replaces_udata)
SKIPPED(e96_trigger_from_another_thread_wakes_the_waiter)
SKIPPED(e97_oneshot_is_gone_after_its_event)
SKIPPED(e98_trigger_is_kept_while_disabled)
SKIPPED(e99_dispatch_is_enabled_and_triggered_in_one_change)

#endif

const struct tap_case e6_user[] = {
    TAP_CASE(e88_trigger_of_a_clear_knote_is_one_event),
    TAP_CASE(e89_triggers_coalesce),
    TAP_CASE(e90_level_knote_repeats_until_disabled),
    TAP_CASE(e91_trigger_of_an_unknown_ident_is_enoent),
    TAP_CASE(e92_trigger_in_the_first_add),
    TAP_CASE(e93_trigger_in_a_change_with_clear),
    TAP_CASE(e94_fflags_are_combined),
    TAP_CASE(e95_trigger_replaces_udata),
    TAP_CASE(e96_trigger_from_another_thread_wakes_the_waiter),
    TAP_CASE(e97_oneshot_is_gone_after_its_event),
    TAP_CASE(e98_trigger_is_kept_while_disabled),
    TAP_CASE(e99_dispatch_is_enabled_and_triggered_in_one_change),
    TAP_END,
};
