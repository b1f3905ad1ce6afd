/* SPDX-License-Identifier: Apache-2.0 */

/* TAP output. A case ends by returning, or by tap_fail() or tap_skip(), which do not return. */
#ifndef KQ_TAP_H
#define KQ_TAP_H

#include <stdbool.h>

struct tap_case {
    const char *name; /* e<number>_<promise> */
    void (*run)(void);
};

#define TAP_CASE(function)                                                                                                                                     \
    { #function, function }
#define TAP_END                                                                                                                                                \
    { 0, 0 }

/* Groups and each group's cases end with a null entry; cleanup runs after each case. Returns main()'s result. */
int tap_main(int argc, char **argv, const struct tap_case *const *groups, void (*cleanup)(void));

void tap_fail(const char *expected, const char *observed) __attribute__((noreturn));
void tap_skip(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Fails unless equal. */
void tap_equal(const char *what, long long expected, long long observed);
void tap_true(const char *what, bool holds);
/* Errno values, shown by name; 0 is success. */
void tap_errno(const char *what, int expected, int observed);

#endif
