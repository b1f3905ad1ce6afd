/* SPDX-License-Identifier: Apache-2.0 */

/*
 * sendfile(2) with headers and trailers, as FreeBSD and as macOS have it. The headers are sent with MSG_MORE, so that the file joins their
 * segment.
 */
#include "emul.h"

#include <errno.h>
#include <limits.h>
#include <sys/sendfile.h>

/* False with errno if the socket did not take all; what it took is added to *sent. */
static bool send_around(int s, struct iovec *iov, int count, int flags, off_t *sent) {
    size_t length = 0;
    for (int i = 0; i < count; i++)
        length += iov[i].iov_len;
    struct msghdr message = {.msg_iov = iov};
    message.msg_iovlen = (__typeof__(message.msg_iovlen))count;
    ssize_t n = sendmsg(s, &message, flags | MSG_NOSIGNAL);
    if (n < 0)
        return false;
    *sent += n;
    errno = EAGAIN;
    return (size_t)n == length;
}

/* Stops at the end of the file, which is no error. */
static bool send_file(int fd, int s, off_t offset, size_t nbytes, off_t *sent) {
    ssize_t n = 1;
    while (nbytes > 0 && n > 0) {
        n = sendfile(s, fd, &offset, nbytes);
        if (n > 0) {
            *sent += n;
            nbytes -= (size_t)n;
        }
    }
    return n >= 0;
}

int kqemul_sendfile(int fd, int s, off_t offset, size_t nbytes, struct sf_hdtr *hdtr, off_t *sbytes, int flags) {
    (void)flags;
    off_t sent = 0;
    bool done = hdtr == NULL || hdtr->headers == NULL || send_around(s, hdtr->headers, hdtr->hdr_cnt, MSG_MORE, &sent);
    done = done && send_file(fd, s, offset, nbytes == 0 ? SSIZE_MAX : nbytes, &sent);
    if (done && hdtr != NULL && hdtr->trailers != NULL) {
        off_t before = sent;
        /* A part of the trailers is a success, as with writev(2). */
        done = send_around(s, hdtr->trailers, hdtr->trl_cnt, 0, &sent) || sent > before;
    }
    if (sbytes != NULL)
        *sbytes = sent;
    return done ? 0 : -1;
}

/* xnu, bsd/kern/uipc_syscalls.c: a part of the headers does not keep it from going on with the file. */
int kqemul_xnu_sendfile(int fd, int s, off_t offset, off_t *len, struct sf_hdtr *hdtr, int flags) {
    off_t sent = 0;
    bool headers = hdtr != NULL && hdtr->headers != NULL;
    bool trailers = hdtr != NULL && hdtr->trailers != NULL;
    if (flags != 0 || (headers && hdtr->hdr_cnt <= 0) || (trailers && hdtr->trl_cnt <= 0)) {
        *len = 0;
        errno = EINVAL;
        return -1;
    }
    bool done = !headers || send_around(s, hdtr->headers, hdtr->hdr_cnt, 0, &sent) || sent > 0;
    if (done && !(headers && trailers) && (*len == 0 || *len > sent))
        done = send_file(fd, s, offset, *len == 0 ? SSIZE_MAX : (size_t)(*len - sent), &sent);
    if (done && trailers) {
        off_t before = sent;
        done = send_around(s, hdtr->trailers, hdtr->trl_cnt, 0, &sent) || sent > before;
    }
    *len = sent;
    return done ? 0 : -1;
}
