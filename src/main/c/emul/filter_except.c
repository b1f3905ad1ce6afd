/* SPDX-License-Identifier: Apache-2.0 */

/* As OpenBSD and DragonFly have it: out-of-band data only, never ordinary input or EOF. */
#include "emul.h"

static bool except_event(struct knote *kn) {
    bool urgent = kqemul_bits(kn->node) & EPOLLPRI;
    kn->kev.data = 0;
    kn->kev.fflags = urgent ? NOTE_OOB : 0;
    return urgent && (kn->sfflags & NOTE_OOB);
}

const struct filterops kqemul_filter_except = {
    .filter = EVFILT_EXCEPT,
    .isfd = true,
    .events = EPOLLPRI,
    .attach = kqemul_watch,
    .event = except_event,
};
