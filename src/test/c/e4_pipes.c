/* SPDX-License-Identifier: Apache-2.0 */

/* Pipes and other descriptors. */
#include "contract.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static void e70_pipe_counts_bytes_and_ends_with_its_writer(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[0], EVFILT_READ, EV_ADD);
    put(ends[1], 7);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .data = 7));
    drop(ends[1]);
    expect_later(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_EOF, .data = 7));
    get(ends[0], 7);
    expect(kq, WANT(.ident = (uintptr_t)ends[0], .filter = EVFILT_READ, .flags = EV_EOF, .data = 0));
}

static void e71_closed_reader_ends_writing(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    change(kq, (uintptr_t)ends[1], EVFILT_WRITE, EV_ADD | EV_CLEAR);
    expect(kq, WANT(.ident = (uintptr_t)ends[1], .filter = EVFILT_WRITE, .flags = EV_CLEAR, .data = SOME_DATA));
    drop(ends[0]);
    expect(kq, WANT((uintptr_t)ends[1], EVFILT_WRITE, EV_CLEAR | EV_EOF, ANY_FFLAGS, ANY_DATA, NULL));
}

static void e72_add_of_write_after_the_reader_has_gone(void) {
    int ends[2];
    int kq = new_kqueue();
    new_pipe(ends);
    drop(ends[0]);
    int error = change_errno(kq, (uintptr_t)ends[1], EVFILT_WRITE, EV_ADD);
    tap_errno("EV_ADD", on(M) ? 0 : on(N) ? EBADF : on(O) ? EPERM : EPIPE, error);
    if (on(M))
        expect(kq, WANT((uintptr_t)ends[1], EVFILT_WRITE, EV_EOF, ANY_FFLAGS, ANY_DATA, NULL));
    else
        expect_none(kq);
}

static void e73_full_pipe_reports_when_there_is_room(void) {
    int ends[2];
    char byte;
    int kq = new_kqueue();
    new_pipe(ends);
    put_until_full(ends[1]);
    change(kq, (uintptr_t)ends[1], EVFILT_WRITE, EV_ADD | EV_CLEAR);
    expect_none(kq);
    tap_equal("read", 1, read(ends[0], &byte, 1));
    expect_none(kq);
    get_until_empty(ends[0]);
    expect(kq, WANT(.ident = (uintptr_t)ends[1], .filter = EVFILT_WRITE, .flags = EV_CLEAR, .data = SOME_DATA));
}

static void e74_regular_file_counts_to_its_end(void) {
    char name[] = "/tmp/kevent_contract.XXXXXX";
    int kq = new_kqueue();
    int fd = own(mkstemp(name));
    unlink(name);
    put(fd, 100);
    tap_equal("lseek", 0, lseek(fd, 0, SEEK_SET));
    change(kq, (uintptr_t)fd, EVFILT_READ, EV_ADD);
    expect(kq, WANT(.ident = (uintptr_t)fd, .filter = EVFILT_READ, .data = 100));
    get(fd, 40);
    expect(kq, WANT(.ident = (uintptr_t)fd, .filter = EVFILT_READ, .data = 60));
    get(fd, 60);
    if (on(F))
        expect_none(kq);
}

static void e75_add_of_dev_null(void) {
    int kq = new_kqueue();
    int fd = own(open("/dev/null", O_RDWR));
    int error = change_errno(kq, (uintptr_t)fd, EVFILT_READ, EV_ADD);
    if (on(M))
        tap_true("EINVAL or ENODEV", error == EINVAL || error == ENODEV);
    else if (on(E))
        tap_errno("EV_ADD", 0, error);
    else
        tap_true("accepted, or refused with a fitting errno", error == 0 || error == EINVAL || error == ENODEV || error == EPERM || error == EOPNOTSUPP);
}

static void e76_vnode_filter_refuses_pipes_and_sockets(void) {
#if defined(EVFILT_VNODE) && defined(NOTE_WRITE)
    int ends[2];
    int kq = new_kqueue();
    struct kevent kev;
    new_pipe(ends);
    int sock = new_socket(AF_INET, SOCK_DGRAM);
    fill(&kev, (uintptr_t)ends[0], EVFILT_VNODE, EV_ADD, NOTE_WRITE, 0, NULL);
    int error = call(kq, &kev, 1, NULL, 0, 0) < 0 ? errno : 0;
    tap_errno("pipe", on(D) ? EOPNOTSUPP : EINVAL, error);
    fill(&kev, (uintptr_t)sock, EVFILT_VNODE, EV_ADD, NOTE_WRITE, 0, NULL);
    error = call(kq, &kev, 1, NULL, 0, 0) < 0 ? errno : 0;
    tap_true("socket is refused", error == EINVAL || (on(D) && error == EOPNOTSUPP));
#else
    tap_skip("no EVFILT_VNODE");
#endif
}

const struct tap_case e4_pipes[] = {
    TAP_CASE(e70_pipe_counts_bytes_and_ends_with_its_writer),
    TAP_CASE(e71_closed_reader_ends_writing),
    TAP_CASE(e72_add_of_write_after_the_reader_has_gone),
    TAP_CASE(e73_full_pipe_reports_when_there_is_room),
    TAP_CASE(e74_regular_file_counts_to_its_end),
    TAP_CASE(e75_add_of_dev_null),
    TAP_CASE(e76_vnode_filter_refuses_pipes_and_sockets),
    TAP_END,
};
