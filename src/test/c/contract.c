/* SPDX-License-Identifier: Apache-2.0 */

#include "contract.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 8, TEXT = 1024, COMPARED = EV_CLEAR | EV_EOF | EV_ERROR };

#ifdef __NetBSD__
typedef size_t kevent_count;
#else
typedef int kevent_count;
#endif

void fill(struct kevent *kev, uintptr_t ident, int filter, unsigned flags, unsigned fflags, int64_t data, void *udata) {
    /* Widths differ: NetBSD has 32-bit filters and flags, macOS and OpenBSD other types for data and udata. */
    memset(kev, 0, sizeof *kev);
    kev->ident = ident;
    kev->filter = (__typeof__(kev->filter))filter;
    kev->flags = (__typeof__(kev->flags))flags;
    kev->fflags = fflags;
    kev->data = (__typeof__(kev->data))data;
    kev->udata = (__typeof__(kev->udata))udata;
}

int call(int kq, const struct kevent *changes, int nchanges, struct kevent *events, int nevents, int millis) {
    struct timespec timeout = {millis / 1000, (long)(millis % 1000) * 1000000};
    return kevent(kq, changes, (kevent_count)nchanges, events, (kevent_count)nevents, &timeout);
}

/* One change without room for an error entry: 0 or errno. */
int change_errno(int kq, uintptr_t ident, int filter, unsigned flags) {
    struct kevent kev;
    fill(&kev, ident, filter, flags, 0, 0, NULL);
    return call(kq, &kev, 1, NULL, 0, 0) < 0 ? errno : 0;
}

/* One change with room: the error of its entry, 0 without one. */
int change_entry(int kq, uintptr_t ident, int filter, unsigned flags) {
    struct kevent kev;
    struct kevent entry;
    fill(&kev, ident, filter, flags, 0, 0, NULL);
    int count = call(kq, &kev, 1, &entry, 1, 0);
    tap_true("kevent does not fail when there is room for the error", count >= 0);
    return count == 1 && (entry.flags & EV_ERROR) ? (int)entry.data : 0;
}

void change(int kq, uintptr_t ident, int filter, unsigned flags) {
    change_all(kq, ident, filter, flags, 0, 0, NULL);
}

void change_all(int kq, uintptr_t ident, int filter, unsigned flags, unsigned fflags, int64_t data, void *udata) {
    struct kevent kev;
    fill(&kev, ident, filter, flags, fflags, data, udata);
    int error = call(kq, &kev, 1, NULL, 0, 0) < 0 ? errno : 0;
    tap_errno("kevent change", 0, error);
}

static const char *filter_name(int filter) {
    if (filter == (int)EVFILT_READ)
        return "READ";
    if (filter == (int)EVFILT_WRITE)
        return "WRITE";
#ifdef EVFILT_USER
    if (filter == (int)EVFILT_USER)
        return "USER";
#endif
#ifdef EVFILT_EXCEPT
    if (filter == (int)EVFILT_EXCEPT)
        return "EXCEPT";
#endif
    return "other filter";
}

static void describe(char *text, const struct want *event) {
    int used = snprintf(text, TEXT, "%s ident %lu", filter_name(event->filter), (unsigned long)event->ident);
    used += snprintf(text + used, TEXT - (size_t)used, " flags%s%s%s%s", event->flags & EV_CLEAR ? " EV_CLEAR" : "", event->flags & EV_EOF ? " EV_EOF" : "",
                     event->flags & EV_ERROR ? " EV_ERROR" : "", event->flags & COMPARED ? "" : " 0");
    if (event->fflags == ANY_FFLAGS)
        used += snprintf(text + used, TEXT - (size_t)used, " fflags any");
    else if (event->fflags != 0 && (event->flags & EV_EOF))
        used += snprintf(text + used, TEXT - (size_t)used, " fflags \"%s\"", strerror((int)event->fflags));
    else
        used += snprintf(text + used, TEXT - (size_t)used, " fflags 0x%x", event->fflags);
    if (event->data == ANY_DATA)
        used += snprintf(text + used, TEXT - (size_t)used, " data any");
    else if (event->data == SOME_DATA)
        used += snprintf(text + used, TEXT - (size_t)used, " data > 0");
    else if (event->flags & EV_ERROR)
        used += snprintf(text + used, TEXT - (size_t)used, " data \"%s\"", strerror((int)event->data));
    else
        used += snprintf(text + used, TEXT - (size_t)used, " data %lld", (long long)event->data);
    snprintf(text + used, TEXT - (size_t)used, " udata %p", event->udata);
}

static struct want seen(const struct kevent *kev) {
    return (struct want){
        .ident = kev->ident,
        .filter = (int)kev->filter,
        .flags = kev->flags & COMPARED,
        .fflags = kev->fflags,
        .data = kev->data,
        .udata = (void *)kev->udata,
    };
}

static bool matches(const struct want *want, const struct kevent *kev) {
    struct want got = seen(kev);
    if (want->ident != got.ident || want->filter != got.filter || want->flags != got.flags || want->udata != got.udata)
        return false;
    if (want->fflags != ANY_FFLAGS && want->fflags != got.fflags)
        return false;
    return want->data == ANY_DATA || (want->data == SOME_DATA && got.data > 0) || want->data == got.data;
}

static void fail(const struct want *wants, int nwants, const struct kevent *events, int nevents) {
    char expected[4 * TEXT] = "no event";
    char observed[4 * TEXT] = "no event";
    char one[TEXT];
    size_t length = 0;
    for (int i = 0; i < nwants && i < 3; i++) {
        describe(one, &wants[i]);
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%s%s", i > 0 ? "; " : "", one);
    }
    length = 0;
    if (nevents < 0)
        snprintf(observed, sizeof observed, "kevent failed: %s", strerror(errno));
    for (int i = 0; i < nevents && i < 3; i++) {
        struct want got = seen(&events[i]);
        describe(one, &got);
        length += (size_t)snprintf(observed + length, sizeof observed - length, "%s%s", i > 0 ? "; " : "", one);
    }
    tap_fail(expected, observed);
}

void same(const struct want *want, const struct kevent *kev) {
    if (!matches(want, kev))
        fail(want, 1, kev, 1);
}

/* The next event, whatever it is. */
struct kevent take(int kq) {
    struct kevent kev;
    int count = call(kq, NULL, 0, &kev, 1, PATIENCE_MS);
    if (count != 1)
        tap_fail("an event", count < 0 ? strerror(errno) : "no event");
    return kev;
}

/* One kevent call returns exactly this event. */
void expect(int kq, const struct want *want) {
    struct kevent events[ROOM];
    int count = call(kq, NULL, 0, events, ROOM, PATIENCE_MS);
    if (count != 1 || !matches(want, &events[0]))
        fail(want, 1, events, count);
}

static int index_of(const struct kevent *events, int count, const struct kevent *kev) {
    for (int i = 0; i < count; i++)
        if (events[i].ident == kev->ident && events[i].filter == kev->filter)
            return i;
    return count;
}

/* These events, in any order and in one or more calls; of a repeated one the latest counts. */
void expect_all(int kq, const struct want *wants, int count) {
    struct kevent got[ROOM];
    struct kevent batch[ROOM];
    int distinct = 0;
    int matched = 0;
    int64_t until = now_millis() + PATIENCE_MS;
    while (now_millis() < until && (matched < count || distinct < count)) {
        int more = call(kq, NULL, 0, batch, ROOM, PATIENCE_MS);
        if (more < 0)
            fail(wants, count, batch, more);
        for (int i = 0; i < more; i++) {
            int at = index_of(got, distinct, &batch[i]);
            got[at] = batch[i];
            if (at == distinct)
                distinct++;
            if (distinct > count)
                fail(wants, count, got, distinct);
        }
        matched = 0;
        for (int i = 0; i < count; i++)
            for (int j = 0; j < distinct; j++)
                matched += matches(&wants[i], &got[j]);
    }
    if (matched < count)
        fail(wants, count, got, distinct);
}

/* This event, perhaps after others of the same knote that show less of it: packets arrive when they like. */
void expect_later(int kq, const struct want *want) {
    struct kevent kev;
    int64_t until = now_millis() + PATIENCE_MS;
    int count;
    do {
        count = call(kq, NULL, 0, &kev, 1, PATIENCE_MS);
        if (count == 1 && matches(want, &kev))
            return;
    } while (count == 1 && kev.ident == want->ident && (int)kev.filter == want->filter && now_millis() < until);
    fail(want, 1, &kev, count);
}

void expect_none(int kq) {
    expect_none_for(kq, 0);
}

void expect_none_for(int kq, int millis) {
    struct kevent events[ROOM];
    int count = call(kq, NULL, 0, events, ROOM, millis);
    if (count != 0)
        fail(NULL, 0, events, count);
}

int64_t now_millis(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pause_millis(int millis) {
    struct timespec time = {millis / 1000, (long)(millis % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static void *wait_once(void *argument) {
    struct waiter *waiter = argument;
    waiter->result = call(waiter->kq, NULL, 0, &waiter->kev, 1, waiter->millis);
    waiter->error = errno;
    waiter->returned = now_millis();
    return NULL;
}

/* Returns when the thread has had time to fall asleep. */
void start_waiter(struct waiter *waiter, int kq, int millis) {
    waiter->kq = kq;
    waiter->millis = millis;
    tap_errno("pthread_create", 0, pthread_create(&waiter->thread, NULL, wait_once, waiter));
    pause_millis(SETTLE_MS);
}

void join_waiter(struct waiter *waiter) {
    tap_errno("pthread_join", 0, pthread_join(waiter->thread, NULL));
}
