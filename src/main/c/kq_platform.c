/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

#include <stdio.h>
#include <sys/utsname.h>

#define KQ_NAME_MAX 64
#define KQ_ABSENT INT64_MIN

#define KQ_TEXT_OF(token) #token
#define KQ_TEXT(macro) KQ_TEXT_OF(macro)
#define KQ_VERSION_TEXT KQ_TEXT(KQ_VERSION)

typedef struct {
    const char *name;
    int64_t value;
} kq_constant;

#define KQ_CONSTANT(name)                                                                                                                                      \
    { #name, (int64_t)(name) }

static const kq_constant kq_constants[] = {
    KQ_CONSTANT(EVFILT_READ),
    KQ_CONSTANT(EVFILT_WRITE),
#if defined(EVFILT_USER)
    KQ_CONSTANT(EVFILT_USER),
#endif
#if defined(EVFILT_EXCEPT) && defined(NOTE_OOB)
    KQ_CONSTANT(EVFILT_EXCEPT),
    KQ_CONSTANT(NOTE_OOB),
#endif
    KQ_CONSTANT(EV_ADD),
    KQ_CONSTANT(EV_DELETE),
    KQ_CONSTANT(EV_ENABLE),
    KQ_CONSTANT(EV_CLEAR),
    KQ_CONSTANT(EV_ONESHOT),
#if defined(EV_DISPATCH)
    KQ_CONSTANT(EV_DISPATCH),
#endif
    KQ_CONSTANT(EV_EOF),
    KQ_CONSTANT(EV_ERROR),
    KQ_CONSTANT(KQ_NOTE_NODATA),
    KQ_CONSTANT(AF_INET),
    KQ_CONSTANT(AF_INET6),
    KQ_CONSTANT(AF_UNIX),
    KQ_CONSTANT(SOCK_STREAM),
    KQ_CONSTANT(SOCK_DGRAM),
    KQ_CONSTANT(SOL_SOCKET),
    KQ_CONSTANT(SO_ERROR),
    KQ_CONSTANT(SO_TYPE),
    KQ_CONSTANT(SO_REUSEADDR),
    KQ_CONSTANT(SO_REUSEPORT),
#if defined(SO_REUSEPORT_LB)
    KQ_CONSTANT(SO_REUSEPORT_LB),
#endif
#if defined(SO_ACCEPTFILTER)
    KQ_CONSTANT(SO_ACCEPTFILTER),
#endif
    KQ_CONSTANT(SO_BROADCAST),
    KQ_CONSTANT(SO_TIMESTAMP),
    KQ_CONSTANT(SO_OOBINLINE),
    KQ_CONSTANT(SO_KEEPALIVE),
    KQ_CONSTANT(SO_SNDBUF),
    KQ_CONSTANT(SO_RCVBUF),
    KQ_CONSTANT(SO_SNDLOWAT),
    KQ_CONSTANT(SO_ACCEPTCONN),
    KQ_CONSTANT(IPPROTO_IP),
    KQ_CONSTANT(IPPROTO_IPV6),
    KQ_CONSTANT(IPPROTO_TCP),
    KQ_CONSTANT(IP_TOS),
    KQ_CONSTANT(IPV6_V6ONLY),
    KQ_CONSTANT(IPV6_TCLASS),
    KQ_CONSTANT(TCP_NODELAY),
#if defined(TCP_NOPUSH)
    KQ_CONSTANT(TCP_NOPUSH),
#endif
#if defined(TCP_KEEPIDLE)
    KQ_CONSTANT(TCP_KEEPIDLE),
#endif
#if defined(TCP_KEEPINTVL)
    KQ_CONSTANT(TCP_KEEPINTVL),
#endif
#if defined(TCP_KEEPCNT)
    KQ_CONSTANT(TCP_KEEPCNT),
#endif
#if defined(TCP_NOTSENT_LOWAT)
    KQ_CONSTANT(TCP_NOTSENT_LOWAT),
#endif
#if KQ_HAVE_FASTOPEN
    KQ_CONSTANT(TCP_FASTOPEN),
#endif
#if defined(KQ_USER_TIMEOUT)
    {"TCP_USER_TIMEOUT", KQ_USER_TIMEOUT},
    {"TCP_USER_TIMEOUT_UNIT", KQ_USER_TIMEOUT_UNIT},
#endif
    {"SIZEOF_IOVEC", sizeof(struct iovec)},
    {"IOVEC_BASE", offsetof(struct iovec, iov_base)},
    {"IOVEC_LENGTH", offsetof(struct iovec, iov_len)},
    {"SIZEOF_TERMIOS", sizeof(struct termios)},
    {"SIZEOF_TTY", sizeof(kq_tty)},
    KQ_CONSTANT(S_IFREG),
    KQ_CONSTANT(S_IFDIR),
    KQ_CONSTANT(S_IFBLK),
    KQ_CONSTANT(S_IFIFO),
    KQ_CONSTANT(S_IFSOCK),
    KQ_CONSTANT(O_RDONLY),
    KQ_CONSTANT(O_WRONLY),
    KQ_CONSTANT(O_RDWR),
    {"SIZEOF_ADDRESS", sizeof(kq_address)},
    {"SIZEOF_RIGHTS", sizeof(kq_rights)},
    {"DESCRIPTORS_MAX", KQ_DESCRIPTORS_MAX},
    {"UNIX_PATH_MAX", sizeof(((struct sockaddr_un *)0)->sun_path) - 1},
    {"SIZEOF_EVENT", sizeof(kq_event)},
    {"SIZEOF_DATAGRAM", sizeof(kq_datagram)},
    KQ_CONSTANT(KQ_DATAGRAM_BATCH),
    KQ_CONSTANT(KQ_DATAGRAM_CONTROL),
    KQ_CONSTANT(KQ_DATAGRAM_SINGLY),
    KQ_CONSTANT(KQ_DATAGRAM_PRIVATE),
    KQ_CONSTANT(KQ_TRUNCATED),
    {"BATCH_CALLS", KQ_HAVE_MMSG},
    {"SOURCE_MULTICAST", KQ_HAVE_MCAST},
    KQ_CONSTANT(IOV_MAX),
    {"EMULATION", KQ_IS_EMULATION},
    {"DUAL_STACK", KQ_DUAL_STACK},
    {"LINGER_BLOCKS", KQ_LINGER_BLOCKS},
    {"FASTOPEN_CLIENT", KQ_FASTOPEN_CLIENT},
    {"FASTOPEN_SERVER", KQ_FASTOPEN_SERVER},
    {"FASTOPEN_QUEUE", KQ_FASTOPEN_QUEUE},
    {"SENDFILE", KQ_HAVE_SENDFILE},
    {"SENDFILE_BOTH_ENDS", KQ_SENDFILE_BOTH_ENDS},
    KQ_CONSTANT(EAGAIN),
    KQ_CONSTANT(EINPROGRESS),
    KQ_CONSTANT(EINTR),
    KQ_CONSTANT(EBADF),
    KQ_CONSTANT(EMSGSIZE),
    KQ_CONSTANT(ENAMETOOLONG),
    KQ_CONSTANT(ENOENT),
    KQ_CONSTANT(EOPNOTSUPP),
    KQ_CONSTANT(EPIPE),
    KQ_CONSTANT(EPROTOTYPE),
    KQ_CONSTANT(ERANGE),
    KQ_CONSTANT(ETOOMANYREFS),
    KQ_CONSTANT(EPERM),
    KQ_CONSTANT(EALREADY),
    KQ_CONSTANT(EISCONN),
    KQ_CONSTANT(EINVAL),
    KQ_CONSTANT(EIO),
    KQ_CONSTANT(EMFILE),
    KQ_CONSTANT(ENFILE),
    KQ_CONSTANT(ENOBUFS),
    KQ_CONSTANT(ENOMEM),
    KQ_CONSTANT(ENOSYS),
    KQ_CONSTANT(ENOTCONN),
    KQ_CONSTANT(ENOTSOCK),
    KQ_CONSTANT(ENOTSUP),
    KQ_CONSTANT(ECONNABORTED),
    KQ_CONSTANT(ECONNREFUSED),
    KQ_CONSTANT(ECONNRESET),
    KQ_CONSTANT(ETIMEDOUT),
    KQ_CONSTANT(EHOSTUNREACH),
    KQ_CONSTANT(ENETUNREACH),
    KQ_CONSTANT(EADDRINUSE),
    KQ_CONSTANT(EADDRNOTAVAIL),
    KQ_CONSTANT(EACCES),
    KQ_CONSTANT(EAFNOSUPPORT),
    KQ_CONSTANT(EPROTO),
};

static jint kq_platform_abi_version(JNIEnv *env, jclass cls) {
    (void)env;
    (void)cls;
    return KQ_ABI_VERSION;
}

/* False for null and for what is longer than any name. */
static int kq_copy_name(JNIEnv *env, jstring name, char *buffer) {
    if (name == NULL) {
        return 0;
    }
    jsize length = (*env)->GetStringUTFLength(env, name);
    if (length >= KQ_NAME_MAX) {
        return 0;
    }
    (*env)->GetStringUTFRegion(env, name, 0, (*env)->GetStringLength(env, name), buffer);
    buffer[length] = '\0';
    return 1;
}

static jlong kq_platform_constant(JNIEnv *env, jclass cls, jstring name) {
    (void)cls;
    char buffer[KQ_NAME_MAX];
    if (!kq_copy_name(env, name, buffer)) {
        return KQ_ABSENT;
    }
    for (size_t i = 0; i < sizeof(kq_constants) / sizeof(kq_constants[0]); i++) {
        if (strcmp(kq_constants[i].name, buffer) == 0) {
            return kq_constants[i].value;
        }
    }
    return KQ_ABSENT;
}

static jint kq_copy_text(const char *text, jlong address, jint capacity) {
    if (address == 0) {
        return -EFAULT;
    }
    if (capacity <= 0) {
        return -EINVAL;
    }
    size_t length = strnlen(text, (size_t)capacity - 1);
    char *out = kq_pointer(address);
    memcpy(out, text, length);
    out[length] = '\0';
    return (jint)length;
}

static jint kq_platform_errno_name(JNIEnv *env, jclass cls, jint error, jlong address, jint capacity) {
    (void)env;
    (void)cls;
    return kq_copy_text(kq_errno_name(error), address, capacity);
}

static jint kq_platform_errno_text(JNIEnv *env, jclass cls, jint error, jlong address, jint capacity) {
    (void)env;
    (void)cls;
    return kq_copy_text(strerror(error), address, capacity);
}

/* The release this library belongs to. */
static jint kq_platform_version(JNIEnv *env, jclass cls, jlong address, jint capacity) {
    (void)env;
    (void)cls;
    return kq_copy_text(KQ_VERSION_TEXT, address, capacity);
}

static jint kq_platform_name(JNIEnv *env, jclass cls, jlong address, jint capacity) {
    (void)env;
    (void)cls;
    char text[2 * sizeof(((struct utsname *)0)->sysname) + 2];
    const char *name = KQ_PLATFORM_NAME;
    if (name == NULL) {
        struct utsname uts;
        if (uname(&uts) < 0) {
            return -errno;
        }
        (void)snprintf(text, sizeof(text), "%.*s %.*s", (int)sizeof(uts.sysname) - 1, uts.sysname, (int)sizeof(uts.release) - 1, uts.release);
        name = text;
    }
    return kq_copy_text(name, address, capacity);
}

static jint kq_platform_emulate(JNIEnv *env, jclass cls, jstring name, jboolean on) {
    (void)cls;
    char buffer[KQ_NAME_MAX];
    return kq_copy_name(env, name, buffer) ? -kq_platform_switch(buffer, on != JNI_FALSE) : -EINVAL;
}

const JNINativeMethod kq_platform_methods[] = {
    {"emulate", "(Ljava/lang/String;Z)I", (void *)kq_platform_emulate},
    {"abiVersion", "()I", (void *)kq_platform_abi_version},
    {"constant", "(Ljava/lang/String;)J", (void *)kq_platform_constant},
    {"errnoName", "(IJI)I", (void *)kq_platform_errno_name},
    {"errnoText", "(IJI)I", (void *)kq_platform_errno_text},
    {"version", "(JI)I", (void *)kq_platform_version},
    {"name", "(JI)I", (void *)kq_platform_name},
};
const int kq_platform_method_count = sizeof(kq_platform_methods) / sizeof(kq_platform_methods[0]);
