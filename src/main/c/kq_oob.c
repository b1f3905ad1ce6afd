/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

/* What io.kqnet.sys.OobCalls.poll found, above the byte. */
#define KQ_OOB_BYTE 0x100
#define KQ_OOB_DATA 0x200

/* The urgent byte whose mark the reading has come to: 0 to 255, -EINVAL if there is none or it was taken before, -EAGAIN if it is only announced. */
static int kq_take_urgent(int fd) {
    unsigned char byte = 0;
    ssize_t n;
    do {
        n = recv(fd, &byte, 1, MSG_OOB);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n == 1 ? byte : -EINVAL;
}

static int kq_can_peek(int fd) {
    char byte;
    ssize_t n;
    do {
        n = recv(fd, &byte, 1, MSG_PEEK);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

/*
 * A read passes the mark it stands on, and the urgent byte is lost then. So a read is only safe while there is ordinary data before the next mark, and
 * what is there has to be counted before the mark is looked at: an urgent byte that comes in between is behind what was counted.
 */
static jint kq_oob_poll(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    int available = 0;
    int at_mark = 0;
    if (ioctl(fd, FIONREAD, &available) < 0 || ioctl(fd, SIOCATMARK, &at_mark) < 0) {
        return -errno;
    }
    int data = available > 0 ? KQ_OOB_DATA : 0;
    if (!at_mark) {
        return data;
    }
    int byte = kq_take_urgent(fd);
    if (byte >= 0) {
        return data | KQ_OOB_BYTE | byte;
    }
    if (byte != -EINVAL && byte != -EAGAIN) {
        return byte;
    }
    if (!KQ_FIONREAD_STOPS_AT_MARK || byte == -EAGAIN || !kq_can_peek(fd)) {
        return data;
    }
    /* A BSD must not peek here: soreceive_generic() forgets the mark for it. What was peeked at is behind the mark; is it still the same mark? */
    byte = kq_take_urgent(fd);
    return byte >= 0 ? KQ_OOB_DATA | KQ_OOB_BYTE | byte : KQ_OOB_DATA;
}

static jint kq_oob_send(JNIEnv *env, jclass cls, jint fd, jint byte) {
    (void)env;
    (void)cls;
    unsigned char value = (unsigned char)byte;
    ssize_t n;
    do {
        n = send(fd, &value, 1, MSG_OOB | KQ_MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return KQ_RESULT(n);
}

const JNINativeMethod kq_oob_methods[] = {
    {"poll", "(I)I", (void *)kq_oob_poll},
    {"send", "(II)I", (void *)kq_oob_send},
};
const int kq_oob_method_count = sizeof(kq_oob_methods) / sizeof(kq_oob_methods[0]);
