/* SPDX-License-Identifier: Apache-2.0 */

/* FreeBSD's filt_user*(): NOTE_TRIGGER of the first EV_ADD is ignored, EV_CLEAR in a change takes a trigger back. */
#include "emul.h"

static int user_attach(struct knote *kn) {
    link_append(&kn->kq->user, &kn->link);
    return 0;
}

static bool user_event(struct knote *kn) {
    return kn->triggered;
}

static void user_reset(struct knote *kn) {
    kn->triggered = false;
    kn->kev.data = 0;
    kn->kev.fflags = 0;
}

static unsigned combine(unsigned have, unsigned change) {
    unsigned given = change & NOTE_FFLAGSMASK;
    switch (change & NOTE_FFCTRLMASK) {
    case NOTE_FFAND:
        return have & given;
    case NOTE_FFOR:
        return have | given;
    case NOTE_FFCOPY:
        return given;
    default:
        return have;
    }
}

static void user_touch(struct knote *kn, struct kevent *kev, enum touch why) {
    if (why == TOUCH_REGISTER) {
        if (kev->fflags & NOTE_TRIGGER)
            kn->triggered = true;
        kn->sfflags = combine(kn->sfflags, kev->fflags);
        kn->sdata = kev->data;
        if (kev->flags & EV_CLEAR)
            user_reset(kn);
        return;
    }
    *kev = kn->kev;
    kev->fflags = kn->sfflags;
    kev->data = kn->sdata;
    if (kn->kev.flags & EV_CLEAR)
        user_reset(kn);
}

const struct filterops kqemul_filter_user = {
    .filter = EVFILT_USER,
    .attach = user_attach,
    .event = user_event,
    .touch = user_touch,
};
