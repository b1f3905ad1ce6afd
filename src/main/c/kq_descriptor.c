/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

#define KQ_STANDARD_ERROR 2

/* S_IFMT of st_mode; 0 for what has no type, such as a kqueue. */
static jint kq_descriptor_type(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    struct stat status;
    return fstat(fd, &status) < 0 ? -errno : (jint)(status.st_mode & S_IFMT);
}

static jint kq_descriptor_access(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    int flags = fcntl(fd, F_GETFL, 0);
    return flags < 0 ? -errno : flags & O_ACCMODE;
}

/* A standard stream stays inheritable, or a child process with Redirect.INHERIT would lack it. */
static jint kq_descriptor_adopt(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    int flags = fcntl(fd, F_GETFL, 0);
    if (flags < 0 || (fd > KQ_STANDARD_ERROR && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)) {
        return -errno;
    }
    if ((flags & O_NONBLOCK) != 0) {
        return 0;
    }
    return fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 1;
}

static jint kq_descriptor_restore(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    int flags = fcntl(fd, F_GETFL, 0);
    return flags < 0 ? -errno : KQ_RESULT(fcntl(fd, F_SETFL, flags & ~O_NONBLOCK));
}

/* O_NOCTTY: a daemon must not get a controlling terminal by opening a serial line. */
static jint kq_descriptor_open(JNIEnv *env, jclass cls, jlong path, jint access) {
    (void)env;
    (void)cls;
    if (path == 0) {
        return -EFAULT;
    }
    if (access != O_RDONLY && access != O_WRONLY && access != O_RDWR) {
        return -EINVAL;
    }
    int fd;
    do {
        fd = open(kq_pointer(path), access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    } while (fd < 0 && errno == EINTR);
    return KQ_RESULT(fd);
}

/* For the user alone: what goes through it is a program's input and output. */
static jint kq_descriptor_fifo(JNIEnv *env, jclass cls, jlong path) {
    (void)env;
    (void)cls;
    return path == 0 ? -EFAULT : KQ_RESULT(mkfifo(kq_pointer(path), S_IRUSR | S_IWUSR));
}

static jint kq_descriptor_duplicate(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    return KQ_RESULT(fcntl(fd, F_DUPFD_CLOEXEC, KQ_STANDARD_ERROR + 1));
}

/* Asks a kqueue of its own: kernels refuse /dev/tty and /dev/null (macOS), and devices that cannot be waited for. */
static jint kq_descriptor_pollable(JNIEnv *env, jclass cls, jint fd, jboolean write) {
    (void)env;
    (void)cls;
    if (fd < 0) {
        return -EBADF;
    }
    int kq = kq_platform_kqueue();
    if (kq < 0) {
        return -errno;
    }
    kq_kevent change;
    kq_platform_set(&change, fd, (int16_t)(write ? EVFILT_WRITE : EVFILT_READ), EV_ADD, KQ_NOTE_NODATA, 0, 0);
    int rc = kq_platform_kevent(kq, &change, 1, NULL, 0, NULL);
    int error = rc < 0 && errno != EINTR ? errno : 0;
    (void)close(kq);
    return -error;
}

/* write(2): a pipe has no send(2). The SIGPIPE of a pipe without reader is ignored by the JVM's handler. */
static jint kq_descriptor_write(JNIEnv *env, jclass cls, jint fd, jlong address, jint length) {
    (void)env;
    (void)cls;
    if (address == 0) {
        return -EFAULT;
    }
    if (length < 0) {
        return -EINVAL;
    }
    ssize_t n;
    do {
        n = write(fd, kq_pointer(address), (size_t)length);
    } while (n < 0 && errno == EINTR);
    return KQ_RESULT(n);
}

static jint kq_descriptor_writev(JNIEnv *env, jclass cls, jint fd, jlong iov, jint count) {
    (void)env;
    (void)cls;
    if (iov == 0) {
        return -EFAULT;
    }
    if (count < 0 || count > IOV_MAX) {
        return -EINVAL;
    }
    ssize_t n;
    do {
        n = writev(fd, kq_pointer(iov), count);
    } while (n < 0 && errno == EINTR);
    return KQ_RESULT(n);
}

const JNINativeMethod kq_descriptor_methods[] = {
    {"type", "(I)I", (void *)kq_descriptor_type},           {"access", "(I)I", (void *)kq_descriptor_access},
    {"adopt", "(I)I", (void *)kq_descriptor_adopt},         {"restore", "(I)I", (void *)kq_descriptor_restore},
    {"open", "(JI)I", (void *)kq_descriptor_open},          {"fifo", "(J)I", (void *)kq_descriptor_fifo},
    {"duplicate", "(I)I", (void *)kq_descriptor_duplicate}, {"pollable", "(IZ)I", (void *)kq_descriptor_pollable},
    {"write", "(IJI)I", (void *)kq_descriptor_write},       {"writev", "(IJI)I", (void *)kq_descriptor_writev},
};
const int kq_descriptor_method_count = sizeof(kq_descriptor_methods) / sizeof(kq_descriptor_methods[0]);
