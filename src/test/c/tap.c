/* SPDX-License-Identifier: Apache-2.0 */

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PASSED, FAILED, SKIPPED, DESCRIPTORS = 256, TEXT = 2048 };

static jmp_buf out;
static char expected_text[TEXT];
static char observed_text[TEXT];
static char skip_text[TEXT];

void tap_fail(const char *expected, const char *observed) {
    snprintf(expected_text, TEXT, "%s", expected);
    snprintf(observed_text, TEXT, "%s", observed);
    longjmp(out, FAILED);
}

void tap_skip(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(skip_text, TEXT, format, arguments);
    va_end(arguments);
    longjmp(out, SKIPPED);
}

void tap_equal(const char *what, long long expected, long long observed) {
    char left[TEXT];
    char right[TEXT];
    if (expected == observed)
        return;
    snprintf(left, TEXT, "%s = %lld", what, expected);
    snprintf(right, TEXT, "%s = %lld", what, observed);
    tap_fail(left, right);
}

void tap_true(const char *what, bool holds) {
    if (!holds)
        tap_fail(what, "it does not hold");
}

void tap_errno(const char *what, int expected, int observed) {
    char left[TEXT];
    char right[TEXT];
    if (expected == observed)
        return;
    snprintf(left, TEXT, "%s: %s", what, expected == 0 ? "success" : strerror(expected));
    snprintf(right, TEXT, "%s: %s", what, observed == 0 ? "success" : strerror(observed));
    tap_fail(left, right);
}

static int open_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            count++;
    return count;
}

/* Apart from run(): a longjmp may change the locals of the function that calls setjmp. */
static int __attribute__((noinline)) attempt(const struct tap_case *one) {
    int result = setjmp(out);
    if (result == PASSED)
        one->run();
    return result;
}

static int run(const struct tap_case *one, void (*cleanup)(void)) {
    int before = open_descriptors();
    int result = attempt(one);
    cleanup();
    int after = open_descriptors();
    if (result == PASSED && before != after) {
        snprintf(expected_text, TEXT, "%d open descriptors after the case", before);
        snprintf(observed_text, TEXT, "%d", after);
        result = FAILED;
    }
    return result;
}

/* By name, or by number: "8" and "08" are e08_... */
static bool named(const struct tap_case *one, int argc, char **argv) {
    if (argc <= 1)
        return true;
    for (int i = 1; i < argc; i++) {
        char *end;
        long number = strtol(argv[i], &end, 10);
        if (strcmp(argv[i], one->name) == 0)
            return true;
        if (*end == '\0' && number == strtol(one->name + 1, NULL, 10))
            return true;
    }
    return false;
}

static int list(const struct tap_case *const *groups) {
    for (; *groups != NULL; groups++)
        for (const struct tap_case *one = *groups; one->name != NULL; one++)
            puts(one->name);
    return 0;
}

static int report(int number, const char *name, int result) {
    if (result == FAILED) {
        printf("not ok %d - %s\n# expected: %s\n# observed: %s\n", number, name, expected_text, observed_text);
    } else if (result == SKIPPED) {
        printf("ok %d - %s # SKIP %s\n", number, name, skip_text);
    } else {
        printf("ok %d - %s\n", number, name);
    }
    fflush(stdout);
    return result == FAILED;
}

int tap_main(int argc, char **argv, const struct tap_case *const *groups, void (*cleanup)(void)) {
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list(groups);
    int plan = 0;
    for (const struct tap_case *const *group = groups; *group != NULL; group++)
        for (const struct tap_case *one = *group; one->name != NULL; one++)
            plan += named(one, argc, argv);
    printf("1..%d\n", plan);
    fflush(stdout);
    int number = 0;
    int failed = 0;
    for (const struct tap_case *const *group = groups; *group != NULL; group++)
        for (const struct tap_case *one = *group; one->name != NULL; one++)
            if (named(one, argc, argv))
                failed += report(++number, one->name, run(one, cleanup));
    return failed > 0 || plan == 0;
}
