/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The kevent contract: one case per rule of a kqueue that this project relies on or has to know of. The same source
 * runs on a BSD's own kqueue, on the Linux emulation and on libkqueue. `--list`, names and numbers select cases.
 */
#include "contract.h"

extern const struct tap_case e1_registration[];
extern const struct tap_case e2_changes[];
extern const struct tap_case e3_streams[];
extern const struct tap_case e3_sockets[];
extern const struct tap_case e4_pipes[];
extern const struct tap_case e5_lifetime[];
extern const struct tap_case e6_user[];
extern const struct tap_case x_emulation[];

int main(int argc, char **argv) {
    static const struct tap_case *const groups[] = {
        e1_registration, e2_changes, e3_streams, e3_sockets, e4_pipes, e5_lifetime, e6_user, x_emulation, NULL,
    };
    return tap_main(argc, argv, groups, drop_all);
}
