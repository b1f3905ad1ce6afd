/* SPDX-License-Identifier: Apache-2.0 */

/*
 * System calls that fail when a test wants them to. Linked with the sources of the library into one that is only for
 * tests, with -Wl,--wrap=<call> for each call below; io.kqnet.Faults tells which call fails when.
 */
#include "kq.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define CALLS(X)                                                                                                                                               \
    X(socket)                                                                                                                                                  \
    X(bind)                                                                                                                                                    \
    X(listen)                                                                                                                                                  \
    X(connect)                                                                                                                                                 \
    X(accept4)                                                                                                                                                 \
    X(setsockopt)                                                                                                                                              \
    X(getsockopt)                                                                                                                                              \
    X(getsockname)                                                                                                                                             \
    X(getpeername)                                                                                                                                             \
    X(read)                                                                                                                                                    \
    X(write)                                                                                                                                                   \
    X(send)                                                                                                                                                    \
    X(sendmsg)                                                                                                                                                 \
    X(recvmsg)                                                                                                                                                 \
    X(sendmmsg)                                                                                                                                                \
    X(recvmmsg)                                                                                                                                                \
    X(sendfile)                                                                                                                                                \
    X(socketpair)                                                                                                                                              \
    X(lstat)                                                                                                                                                   \
    X(unlink)                                                                                                                                                  \
    X(fchmod)                                                                                                                                                  \
    X(fchmodat)                                                                                                                                                \
    X(flock)                                                                                                                                                   \
    X(shutdown)                                                                                                                                                \
    X(close)                                                                                                                                                   \
    X(dup2)                                                                                                                                                    \
    X(fcntl)                                                                                                                                                   \
    X(pipe2)                                                                                                                                                   \
    X(eventfd)                                                                                                                                                 \
    X(ioctl)                                                                                                                                                   \
    X(recv)                                                                                                                                                    \
    X(open)                                                                                                                                                    \
    X(writev)                                                                                                                                                  \
    X(fstat)                                                                                                                                                   \
    X(isatty)                                                                                                                                                  \
    X(posix_openpt)                                                                                                                                            \
    X(grantpt)                                                                                                                                                 \
    X(unlockpt)                                                                                                                                                \
    X(ptsname_r)                                                                                                                                               \
    X(tcgetattr)                                                                                                                                               \
    X(tcsetattr)                                                                                                                                               \
    X(epoll_create1)                                                                                                                                           \
    X(epoll_ctl)                                                                                                                                               \
    X(epoll_wait)

enum { ANY_DESCRIPTOR = -1, ERRNO_MAX = 200, IOV_SHORT_MAX = 64, NAME_MAX_LENGTH = 32 };

#define CALL_NUMBER(name) CALL_##name,
enum call { CALLS(CALL_NUMBER) CALL_COUNT };

#define CALL_NAME(name) #name,
static const char *const names[] = {CALLS(CALL_NAME)};

/* What is planned for one call, and what has happened since the last plan. */
static struct plan {
    int fd;
    int skip;
    int times;
    int error; /* 0: let it through, with at most `limit` bytes */
    size_t limit;
    int made;
    int hit;
} plans[CALL_COUNT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A descriptor takes `bytes` bytes by whatever call, then one call fails with `error` (0: none does); `times` times over. */
static struct room {
    int fd;
    size_t bytes;
    size_t left;
    int times;
    int error;
} room;

/* True: the call is to fail with *error or, if that is 0, to move no more than *limit bytes. */
static bool planned(enum call call, int fd, int *error, size_t *limit) {
    bool hit = false;
    pthread_mutex_lock(&lock);
    struct plan *plan = &plans[call];
    if (plan->fd == ANY_DESCRIPTOR || plan->fd == fd) {
        plan->made++;
        if (plan->skip > 0) {
            plan->skip--;
        } else if (plan->times > 0) {
            plan->times--;
            plan->hit++;
            *error = plan->error;
            *limit = plan->limit;
            hit = true;
        }
    }
    pthread_mutex_unlock(&lock);
    return hit;
}

static bool fails(enum call call, int fd) {
    int error = 0;
    size_t limit = 0;
    if (!planned(call, fd, &error, &limit) || error == 0) {
        return false;
    }
    errno = error;
    return true;
}

/* Like fails(), for a call that moves bytes: it may also be made to move less of them. */
static bool fails_or_shortens(enum call call, int fd, size_t *length) {
    int error = 0;
    size_t limit = 0;
    if (!planned(call, fd, &error, &limit)) {
        return false;
    }
    if (error == 0 && limit < *length) {
        *length = limit;
    }
    errno = error;
    return error != 0;
}

/* True: the descriptor has no room, errno says so. Otherwise no more than *length bytes may be moved, and took_room() told of them. */
static bool no_room(int fd, size_t *length) {
    bool full = false;
    pthread_mutex_lock(&lock);
    if (room.times > 0 && room.fd == fd) {
        if (room.left == 0) {
            full = room.error != 0;
            errno = room.error;
            room.times--;
            room.left = room.bytes;
        }
        if (room.times > 0 && room.left < *length) {
            *length = room.left;
        }
    }
    pthread_mutex_unlock(&lock);
    return full;
}

static ssize_t took_room(int fd, ssize_t moved) {
    int error = errno;
    pthread_mutex_lock(&lock);
    if (room.times > 0 && room.fd == fd && moved > 0) {
        room.left -= (size_t)moved;
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return moved;
}

#define WRAP(type, name, fd, parameters, arguments)                                                                                                            \
    type __real_##name parameters;                                                                                                                             \
    type __wrap_##name parameters;                                                                                                                             \
    type __wrap_##name parameters {                                                                                                                            \
        return fails(CALL_##name, fd) ? -1 : __real_##name arguments;                                                                                          \
    }

WRAP(int, socket, ANY_DESCRIPTOR, (int family, int type, int protocol), (family, type, protocol))
WRAP(int, bind, fd, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length))
WRAP(int, listen, fd, (int fd, int backlog), (fd, backlog))
WRAP(int, accept4, fd, (int fd, struct sockaddr *address, socklen_t *length, int flags), (fd, address, length, flags))
WRAP(int, setsockopt, fd, (int fd, int level, int name, const void *value, socklen_t length), (fd, level, name, value, length))
WRAP(int, getsockopt, fd, (int fd, int level, int name, void *value, socklen_t *length), (fd, level, name, value, length))
WRAP(int, getsockname, fd, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length))
WRAP(int, getpeername, fd, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length))
WRAP(int, shutdown, fd, (int fd, int how), (fd, how))
WRAP(int, socketpair, ANY_DESCRIPTOR, (int family, int type, int protocol, int ends[2]), (family, type, protocol, ends))
WRAP(int, lstat, ANY_DESCRIPTOR, (const char *path, struct stat *status), (path, status))
WRAP(int, unlink, ANY_DESCRIPTOR, (const char *path), (path))
WRAP(int, fchmod, fd, (int fd, mode_t mode), (fd, mode))
WRAP(int, fchmodat, ANY_DESCRIPTOR, (int directory, const char *path, mode_t mode, int flags), (directory, path, mode, flags))
WRAP(int, flock, ANY_DESCRIPTOR, (int fd, int operation), (fd, operation))
WRAP(int, dup2, from, (int from, int to), (from, to))
WRAP(int, pipe2, ANY_DESCRIPTOR, (int ends[2], int flags), (ends, flags))
WRAP(ssize_t, writev, fd, (int fd, const struct iovec *iov, int count), (fd, iov, count))
WRAP(int, fstat, fd, (int fd, struct stat *status), (fd, status))
WRAP(int, posix_openpt, ANY_DESCRIPTOR, (int flags), (flags))
WRAP(int, grantpt, fd, (int fd), (fd))
WRAP(int, unlockpt, fd, (int fd), (fd))
WRAP(int, eventfd, ANY_DESCRIPTOR, (unsigned int value, int flags), (value, flags))
WRAP(int, epoll_create1, ANY_DESCRIPTOR, (int flags), (flags))
WRAP(int, epoll_ctl, fd, (int ep, int operation, int fd, struct epoll_event *event), (ep, operation, fd, event))
WRAP(int, epoll_wait, ep, (int ep, struct epoll_event *events, int room, int millis), (ep, events, room, millis))

/* The descriptor is gone whatever close(2) answers. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd) {
    int result = __real_close(fd);
    return fails(CALL_close, fd) ? -1 : result;
}

/* An interrupted connect goes on in the background. */
int __real_connect(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length) {
    if (!fails(CALL_connect, fd)) {
        return __real_connect(fd, address, length);
    }
    if (errno == EINTR) {
        (void)__real_connect(fd, address, length);
        errno = EINTR;
    }
    return -1;
}

ssize_t __real_read(int fd, void *buffer, size_t length);
ssize_t __wrap_read(int fd, void *buffer, size_t length);
ssize_t __wrap_read(int fd, void *buffer, size_t length) {
    return fails_or_shortens(CALL_read, fd, &length) ? -1 : __real_read(fd, buffer, length);
}

ssize_t __real_write(int fd, const void *buffer, size_t length);
ssize_t __wrap_write(int fd, const void *buffer, size_t length);
ssize_t __wrap_write(int fd, const void *buffer, size_t length) {
    return fails_or_shortens(CALL_write, fd, &length) ? -1 : __real_write(fd, buffer, length);
}

ssize_t __real_send(int fd, const void *buffer, size_t length, int flags);
ssize_t __wrap_send(int fd, const void *buffer, size_t length, int flags);
ssize_t __wrap_send(int fd, const void *buffer, size_t length, int flags) {
    return fails_or_shortens(CALL_send, fd, &length) || no_room(fd, &length) ? -1 : took_room(fd, __real_send(fd, buffer, length, flags));
}

ssize_t __real_recv(int fd, void *buffer, size_t length, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t length, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t length, int flags) {
    return fails_or_shortens(CALL_recv, fd, &length) ? -1 : __real_recv(fd, buffer, length, flags);
}

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return fails(CALL_ioctl, fd) ? -1 : __real_ioctl(fd, request, argument);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
    return fails(CALL_open, ANY_DESCRIPTOR) ? -1 : __real_open(path, flags);
}

/* 0 and an errno is "no". */
int __real_isatty(int fd);
int __wrap_isatty(int fd);
int __wrap_isatty(int fd) {
    return fails(CALL_isatty, fd) ? 0 : __real_isatty(fd);
}

/* Answers with the errno. */
int __real_ptsname_r(int fd, char *name, size_t capacity);
int __wrap_ptsname_r(int fd, char *name, size_t capacity);
int __wrap_ptsname_r(int fd, char *name, size_t capacity) {
    return fails(CALL_ptsname_r, fd) ? errno : __real_ptsname_r(fd, name, capacity);
}

/* While tcgetattr is planned to be shortened: a line that keeps all it is told, which no pseudo-terminal does. */
static struct termios line;

int __real_tcsetattr(int fd, int when, const struct termios *settings);
int __wrap_tcsetattr(int fd, int when, const struct termios *settings);
int __wrap_tcsetattr(int fd, int when, const struct termios *settings) {
    if (fails(CALL_tcsetattr, fd)) {
        return -1;
    }
    line = *settings;
    const struct plan *get = &plans[CALL_tcgetattr];
    return get->times > 0 && get->error == 0 ? 0 : __real_tcsetattr(fd, when, settings);
}

int __real_tcgetattr(int fd, struct termios *settings);
int __wrap_tcgetattr(int fd, struct termios *settings);
int __wrap_tcgetattr(int fd, struct termios *settings) {
    int error = 0;
    size_t limit = 0;
    bool hit = planned(CALL_tcgetattr, fd, &error, &limit);
    if (hit && error == 0) {
        *settings = line;
        return 0;
    }
    errno = error;
    return hit ? -1 : __real_tcgetattr(fd, settings);
}

ssize_t __real_sendfile(int out, int in, off_t *offset, size_t length);
ssize_t __wrap_sendfile(int out, int in, off_t *offset, size_t length);
ssize_t __wrap_sendfile(int out, int in, off_t *offset, size_t length) {
    return fails_or_shortens(CALL_sendfile, out, &length) || no_room(out, &length) ? -1 : took_room(out, __real_sendfile(out, in, offset, length));
}

/* Fast open: an interrupted connect goes on, and so does one that took no data. */
static void connect_on(int fd, const struct msghdr *message, int flags) {
    int error = errno;
    if ((flags & MSG_FASTOPEN) && (error == EINTR || error == EINPROGRESS)) {
        (void)__real_connect(fd, message->msg_name, message->msg_namelen);
        errno = error;
    }
}

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags) {
    size_t left = SIZE_MAX;
    if (fails_or_shortens(CALL_sendmsg, fd, &left) || no_room(fd, &left)) {
        connect_on(fd, message, flags);
        return -1;
    }
    if (left == SIZE_MAX) {
        return __real_sendmsg(fd, message, flags);
    }
    struct iovec iov[IOV_SHORT_MAX];
    struct msghdr shorter = *message;
    size_t count = 0;
    for (; count < message->msg_iovlen && count < IOV_SHORT_MAX && left > 0; count++) {
        iov[count] = message->msg_iov[count];
        if (iov[count].iov_len > left) {
            iov[count].iov_len = left;
        }
        left -= iov[count].iov_len;
    }
    shorter.msg_iov = iov;
    shorter.msg_iovlen = count;
    return took_room(fd, __real_sendmsg(fd, &shorter, flags));
}

int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags) {
    size_t length = count;
    return fails_or_shortens(CALL_sendmmsg, fd, &length) ? -1 : __real_sendmmsg(fd, messages, (unsigned int)length, flags);
}

int __real_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout) {
    size_t length = count;
    if (fails_or_shortens(CALL_recvmmsg, fd, &length)) {
        return -1;
    }
    /* A limit makes it fewer datagrams; with 0 it is as a BSD when the socket was shut down for reading. */
    for (unsigned int i = 0; length == 0 && i < count; i++) {
        messages[i].msg_len = messages[i].msg_hdr.msg_namelen = 0;
    }
    return length == 0 ? (int)count : __real_recvmmsg(fd, messages, (unsigned int)length, flags, timeout);
}

/* With a limit of 0 not the bytes become fewer, but the room for descriptors: one fits. With -2 there is no room for bytes. */
ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags) {
    size_t left = SIZE_MAX;
    if (fails_or_shortens(CALL_recvmsg, fd, &left)) {
        return -1;
    }
    if (left == 0) {
        message->msg_controllen = CMSG_LEN(sizeof(int));
    } else if (message->msg_iovlen == 1 && (message->msg_iov->iov_len > left || left == SIZE_MAX - 1)) {
        message->msg_iov->iov_len = left == SIZE_MAX - 1 ? 0 : left;
    }
    return __real_recvmsg(fd, message, flags);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return fails(CALL_fcntl, fd) ? -1 : __real_fcntl(fd, command, argument);
}

/* The emulation waits with epoll_pwait2(2), for which there may be no function: it is planned as epoll_wait. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
    long argument[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++) {
        argument[i] = va_arg(arguments, long);
    }
    va_end(arguments);
    if (fails(CALL_epoll_wait, (int)argument[0])) {
        return -1;
    }
    return __real_syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

static bool copy_name(JNIEnv *env, jstring name, char *out) {
    jsize length = (*env)->GetStringUTFLength(env, name);
    if (length >= NAME_MAX_LENGTH) {
        return false;
    }
    (*env)->GetStringUTFRegion(env, name, 0, (*env)->GetStringLength(env, name), out);
    out[length] = '\0';
    return true;
}

/* -1: no such call. */
static int find_call(JNIEnv *env, jstring name) {
    char text[NAME_MAX_LENGTH];
    if (copy_name(env, name, text)) {
        for (int i = 0; i < CALL_COUNT; i++) {
            if (strcmp(names[i], text) == 0) {
                return i;
            }
        }
    }
    return -1;
}

/* -1: no such errno. */
static int find_errno(JNIEnv *env, jstring name) {
    char text[NAME_MAX_LENGTH];
    if (copy_name(env, name, text)) {
        for (int i = 1; i < ERRNO_MAX; i++) {
            if (strcmp(kq_errno_name(i), text) == 0) {
                return i;
            }
        }
    }
    return -1;
}

JNIEXPORT jboolean JNICALL Java_io_kqnet_Faults_plan(JNIEnv *env, jclass cls, jstring name, jstring error, jint limit, jint fd, jint skip, jint times) {
    (void)cls;
    int call = find_call(env, name);
    int number = error == NULL ? 0 : find_errno(env, error);
    if (call < 0 || number < 0) {
        return JNI_FALSE;
    }
    pthread_mutex_lock(&lock);
    plans[call] = (struct plan){.fd = fd, .skip = skip, .times = times, .error = number, .limit = (size_t)limit};
    pthread_mutex_unlock(&lock);
    return JNI_TRUE;
}

JNIEXPORT jboolean JNICALL Java_io_kqnet_Faults_limitRoom(JNIEnv *env, jclass cls, jstring error, jint bytes, jint fd, jint times) {
    (void)cls;
    int number = error == NULL ? 0 : find_errno(env, error);
    if (number < 0) {
        return JNI_FALSE;
    }
    pthread_mutex_lock(&lock);
    room = (struct room){.fd = fd, .bytes = (size_t)bytes, .left = (size_t)bytes, .times = times, .error = number};
    pthread_mutex_unlock(&lock);
    return JNI_TRUE;
}

JNIEXPORT void JNICALL Java_io_kqnet_Faults_forget(JNIEnv *env, jclass cls) {
    (void)env;
    (void)cls;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < CALL_COUNT; i++) {
        plans[i] = (struct plan){.fd = ANY_DESCRIPTOR};
    }
    room.times = 0;
    pthread_mutex_unlock(&lock);
}

JNIEXPORT jint JNICALL Java_io_kqnet_Faults_made(JNIEnv *env, jclass cls, jstring name) {
    (void)cls;
    int call = find_call(env, name);
    pthread_mutex_lock(&lock);
    int made = call < 0 ? -1 : plans[call].made;
    pthread_mutex_unlock(&lock);
    return made;
}

JNIEXPORT jint JNICALL Java_io_kqnet_Faults_hit(JNIEnv *env, jclass cls, jstring name) {
    (void)cls;
    int call = find_call(env, name);
    pthread_mutex_lock(&lock);
    int hit = call < 0 ? -1 : plans[call].hit;
    pthread_mutex_unlock(&lock);
    return hit;
}
