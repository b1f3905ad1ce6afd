/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

#define KQ_OPTION_MAX (64 * 1024)

/* No write may raise SIGPIPE; where MSG_NOSIGNAL does not reach (macOS, sendfile), the socket option does. */
int kq_no_sigpipe(int fd) {
#if defined(SO_NOSIGPIPE)
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#else
    (void)fd;
    return 0;
#endif
}

int kq_set_cloexec_nonblock(int fd) {
    int flags = fcntl(fd, F_GETFL, 0);
    if (flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        return -1;
    }
    return (flags & O_NONBLOCK) != 0 ? 0 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static jint kq_close_failed(int fd) {
    int error = errno;
    (void)close(fd);
    return -error;
}

static jint kq_socket_socket(JNIEnv *env, jclass cls, jint family, jint type) {
    (void)env;
    (void)cls;
#if KQ_HAVE_ACCEPT4
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
    int fd = socket(family, type, 0);
#endif
    if (fd < 0) {
        return -errno;
    }
#if !KQ_HAVE_ACCEPT4
    if (kq_set_cloexec_nonblock(fd) < 0) {
        return kq_close_failed(fd);
    }
#endif
    return kq_no_sigpipe(fd) < 0 ? kq_close_failed(fd) : fd;
}

static jint kq_with_address(int fd, jlong address, int connecting) {
    struct sockaddr_storage storage;
    socklen_t length = 0;
    if (address == 0) {
        return -EFAULT;
    }
    int rc = kq_address_to_sockaddr(kq_pointer(address), &storage, &length);
    if (rc < 0) {
        return rc;
    }
    const struct sockaddr *sockaddr = (const struct sockaddr *)&storage;
    return KQ_RESULT(connecting ? connect(fd, sockaddr, length) : bind(fd, sockaddr, length));
}

static jint kq_socket_bind(JNIEnv *env, jclass cls, jint fd, jlong address) {
    (void)env;
    (void)cls;
    return kq_with_address(fd, address, 0);
}

/* Never retried on EINTR: the connection attempt goes on in the background and a second call would be EALREADY. */
static jint kq_socket_connect(JNIEnv *env, jclass cls, jint fd, jlong address) {
    (void)env;
    (void)cls;
    return kq_with_address(fd, address, 1);
}

static jint kq_socket_listen(JNIEnv *env, jclass cls, jint fd, jint backlog) {
    (void)env;
    (void)cls;
    return KQ_RESULT(listen(fd, backlog));
}

static int kq_accept_once(int fd, struct sockaddr *storage, socklen_t *length) {
    int accepted;
    do {
#if KQ_HAVE_ACCEPT4
        accepted = accept4(fd, storage, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
        accepted = accept(fd, storage, length);
#endif
    } while (accepted < 0 && errno == EINTR);
    return accepted;
}

/* macOS: O_NONBLOCK and SO_NOSIGPIPE are inherited from the listener; close-on-exec is not (xnu sonewconn, kern_descrip.c). */
static jint kq_socket_accept(JNIEnv *env, jclass cls, jint fd, jlong address) {
    (void)env;
    (void)cls;
    struct sockaddr_storage storage;
    socklen_t length = sizeof(storage);
    memset(&storage, 0, sizeof(storage));
    int accepted = kq_accept_once(fd, (struct sockaddr *)&storage, &length);
    if (accepted < 0) {
        return -errno;
    }
#if !KQ_HAVE_ACCEPT4
    if (kq_set_cloexec_nonblock(accepted) < 0) {
        return kq_close_failed(accepted);
    }
#endif
    if (address != 0) {
        kq_address_from_sockaddr(&storage, length, kq_pointer(address));
    }
    return accepted;
}

static jint kq_socket_shutdown(JNIEnv *env, jclass cls, jint fd, jboolean read, jboolean write) {
    (void)env;
    (void)cls;
    int how = read ? (write ? SHUT_RDWR : SHUT_RD) : SHUT_WR;
    return read || write ? KQ_RESULT(shutdown(fd, how)) : -EINVAL;
}

/* Never retried: after EINTR the descriptor's state is unspecified, and on every supported kernel it is gone. */
static jint kq_socket_close(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    return KQ_RESULT(close(fd));
}

static jint kq_name(int fd, jlong address, int peer) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof(storage);
    if (address == 0) {
        return -EFAULT;
    }
    memset(&storage, 0, sizeof(storage));
    struct sockaddr *sockaddr = (struct sockaddr *)&storage;
    if ((peer ? getpeername(fd, sockaddr, &length) : getsockname(fd, sockaddr, &length)) < 0) {
        return -errno;
    }
    kq_address_from_sockaddr(&storage, length, kq_pointer(address));
    return 0;
}

static jint kq_socket_sockname(JNIEnv *env, jclass cls, jint fd, jlong address) {
    (void)env;
    (void)cls;
    return kq_name(fd, address, 0);
}

static jint kq_socket_peername(JNIEnv *env, jclass cls, jint fd, jlong address) {
    (void)env;
    (void)cls;
    return kq_name(fd, address, 1);
}

/* The value comes back in the low half and success in bit 32, so that a negative value is not mistaken for an errno. */
static jlong kq_socket_get_option(JNIEnv *env, jclass cls, jint fd, jint level, jint name) {
    (void)env;
    (void)cls;
    int value = 0;
    socklen_t length = sizeof(value);
    if (getsockopt(fd, level, name, &value, &length) < 0) {
        return -errno;
    }
    return (jlong)((UINT64_C(1) << 32) | (uint32_t)value);
}

static jint kq_socket_set_option(JNIEnv *env, jclass cls, jint fd, jint level, jint name, jint value) {
    (void)env;
    (void)cls;
    return KQ_RESULT(setsockopt(fd, level, name, &value, sizeof(value)));
}

static jint kq_socket_get_raw(JNIEnv *env, jclass cls, jint fd, jint level, jint name, jlong address, jint length) {
    (void)env;
    (void)cls;
    if (address == 0) {
        return -EFAULT;
    }
    if (length < 0 || length > KQ_OPTION_MAX) {
        return -EINVAL;
    }
    socklen_t size = (socklen_t)length;
    return getsockopt(fd, level, name, kq_pointer(address), &size) < 0 ? -errno : (jint)size;
}

static jint kq_socket_set_raw(JNIEnv *env, jclass cls, jint fd, jint level, jint name, jlong address, jint length) {
    (void)env;
    (void)cls;
    if (address == 0) {
        return -EFAULT;
    }
    if (length < 0 || length > KQ_OPTION_MAX) {
        return -EINVAL;
    }
    return KQ_RESULT(setsockopt(fd, level, name, kq_pointer(address), (socklen_t)length));
}

static jint kq_socket_get_linger(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    struct linger linger = {0, 0};
    socklen_t length = sizeof(linger);
    if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length) < 0) {
        return -errno;
    }
    return linger.l_onoff == 0 ? 0 : (jint)linger.l_linger + 1;
}

static jint kq_socket_set_linger(JNIEnv *env, jclass cls, jint fd, jint seconds) {
    (void)env;
    (void)cls;
    struct linger linger = {seconds >= 0, seconds >= 0 ? seconds : 0};
    return KQ_RESULT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
}

static jint kq_socket_set_accept_filter(JNIEnv *env, jclass cls, jint fd, jlong name, jlong args) {
    (void)env;
    (void)cls;
    if (name == 0 || args == 0) {
        return -EFAULT;
    }
#if KQ_HAVE_ACCEPTFILTER
    struct accept_filter_arg filter;
    memset(&filter, 0, sizeof(filter));
    size_t name_length = strnlen(kq_pointer(name), sizeof(filter.af_name));
    size_t args_length = strnlen(kq_pointer(args), sizeof(filter.af_arg));
    if (name_length == sizeof(filter.af_name) || args_length == sizeof(filter.af_arg)) {
        return -ENAMETOOLONG;
    }
    memcpy(filter.af_name, kq_pointer(name), name_length);
    memcpy(filter.af_arg, kq_pointer(args), args_length);
    return KQ_RESULT(setsockopt(fd, SOL_SOCKET, SO_ACCEPTFILTER, &filter, sizeof(filter)));
#else
    (void)fd;
    return -ENOPROTOOPT;
#endif
}

static jint kq_socket_replace(JNIEnv *env, jclass cls, jint from, jint to) {
    (void)env;
    (void)cls;
    return KQ_RESULT(dup2(from, to) < 0 ? -1 : fcntl(to, F_SETFD, FD_CLOEXEC));
}

/* For a descriptor opened by somebody else: makes it what socket(2) here would have made. */
static jint kq_socket_adopt(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    return KQ_RESULT(kq_set_cloexec_nonblock(fd) < 0 ? -1 : kq_no_sigpipe(fd));
}

const JNINativeMethod kq_socket_methods[] = {
    {"socket", "(II)I", (void *)kq_socket_socket},
    {"bind", "(IJ)I", (void *)kq_socket_bind},
    {"connect", "(IJ)I", (void *)kq_socket_connect},
    {"listen", "(II)I", (void *)kq_socket_listen},
    {"accept", "(IJ)I", (void *)kq_socket_accept},
    {"shutdown", "(IZZ)I", (void *)kq_socket_shutdown},
    {"close", "(I)I", (void *)kq_socket_close},
    {"sockname", "(IJ)I", (void *)kq_socket_sockname},
    {"peername", "(IJ)I", (void *)kq_socket_peername},
    {"getOption", "(III)J", (void *)kq_socket_get_option},
    {"setOption", "(IIII)I", (void *)kq_socket_set_option},
    {"getRaw", "(IIIJI)I", (void *)kq_socket_get_raw},
    {"setRaw", "(IIIJI)I", (void *)kq_socket_set_raw},
    {"getLinger", "(I)I", (void *)kq_socket_get_linger},
    {"setLinger", "(II)I", (void *)kq_socket_set_linger},
    {"setAcceptFilter", "(IJJ)I", (void *)kq_socket_set_accept_filter},
    {"replace", "(II)I", (void *)kq_socket_replace},
    {"adopt", "(I)I", (void *)kq_socket_adopt},
};
const int kq_socket_method_count = sizeof(kq_socket_methods) / sizeof(kq_socket_methods[0]);
