/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

#include <sys/file.h>
#include <sys/stat.h>

/* More than any kernel puts into one message, so that none is cut off: macOS leaves what is cut off open and unknown to the process. */
#define KQ_CONTROL_SIZE 4096

typedef union {
    struct cmsghdr header;
    char bytes[KQ_CONTROL_SIZE];
} kq_control;

static jint kq_unix_socketpair(JNIEnv *env, jclass cls, jint type, jlong address) {
    (void)env;
    (void)cls;
    if (address == 0) {
        return -EFAULT;
    }
    int *ends = kq_pointer(address);
#if KQ_HAVE_ACCEPT4
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
        return -errno;
    }
#else
    if (socketpair(AF_UNIX, type, 0, ends) < 0) {
        return -errno;
    }
#endif
    for (int i = 0; i < 2; i++) {
        if ((!KQ_HAVE_ACCEPT4 && kq_set_cloexec_nonblock(ends[i]) < 0) || kq_no_sigpipe(ends[i]) < 0) {
            int error = errno;
            (void)close(ends[0]);
            (void)close(ends[1]);
            return -error;
        }
    }
    return 0;
}

static int kq_destination(struct msghdr *message, struct sockaddr_storage *storage, jlong address) {
    socklen_t length = 0;
    if (address == 0) {
        return 0;
    }
    int rc = kq_address_to_sockaddr(kq_pointer(address), storage, &length);
    message->msg_name = storage;
    message->msg_namelen = length;
    return rc;
}

static jint kq_unix_send(JNIEnv *env, jclass cls, jint fd, jlong iov, jint count, jlong address, jlong descriptors, jint descriptor_count) {
    (void)env;
    (void)cls;
    kq_control control;
    struct sockaddr_storage storage;
    struct msghdr message;
    if (iov == 0 || (descriptors == 0 && descriptor_count != 0)) {
        return -EFAULT;
    }
    if (count < 0 || count > IOV_MAX || descriptor_count < 0 || descriptor_count > KQ_DESCRIPTORS_MAX) {
        return -EINVAL;
    }
    memset(&message, 0, sizeof(message));
    message.msg_iov = kq_pointer(iov);
    message.msg_iovlen = (__typeof__(message.msg_iovlen))count;
    int rc = kq_destination(&message, &storage, address);
    if (rc < 0) {
        return rc;
    }
    if (descriptor_count > 0) {
        size_t size = (size_t)descriptor_count * sizeof(int);
        memset(&control, 0, CMSG_SPACE(size));
        message.msg_control = &control;
        message.msg_controllen = (__typeof__(message.msg_controllen))CMSG_SPACE(size);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = (__typeof__(header->cmsg_len))CMSG_LEN(size);
        memcpy(CMSG_DATA(header), kq_pointer(descriptors), size);
    }
    ssize_t n;
    do {
        n = sendmsg(fd, &message, KQ_MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return KQ_RESULT(n);
}

static void kq_close_all(kq_rights *rights) {
    for (int i = 0; i < rights->count; i++) {
        (void)close(rights->descriptors[i]);
    }
    rights->count = 0;
}

/* Cut off, a BSD's header still tells the length of the whole (recvit() of FreeBSD). */
static void kq_take_rights(const struct msghdr *message, struct cmsghdr *header, kq_rights *rights) {
    const unsigned char *data = CMSG_DATA(header);
    size_t room = (size_t)((const unsigned char *)message->msg_control + message->msg_controllen - data);
    size_t told = header->cmsg_len - CMSG_LEN(0);
    size_t count = (told < room ? told : room) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, data + i * sizeof(int), sizeof(fd));
        if (rights->count == KQ_RECEIVED_MAX) {
            (void)close(fd);
            rights->flags |= KQ_RIGHTS_LOST;
            continue;
        }
        if (KQ_MSG_CMSG_CLOEXEC == 0) {
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        }
        rights->descriptors[rights->count++] = fd;
    }
}

/* Descriptors that are not wanted, and all of a message that lost some, are closed here: nobody else knows their numbers. */
static void kq_collect_rights(struct msghdr *message, kq_rights *rights, int wanted) {
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = kq_platform_next_header(message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            rights->flags |= KQ_RIGHTS_SEEN;
            kq_take_rights(message, header, rights);
        }
    }
    if ((message->msg_flags & MSG_CTRUNC) != 0) {
        rights->flags |= KQ_RIGHTS_SEEN | KQ_RIGHTS_LOST;
    }
    if ((message->msg_flags & MSG_TRUNC) != 0) {
        rights->flags |= KQ_DATA_TRUNCATED;
    }
    if (!wanted || (rights->flags & KQ_RIGHTS_LOST) != 0) {
        kq_close_all(rights);
    }
}

static jint kq_unix_receive(JNIEnv *env, jclass cls, jint fd, jlong address, jint length, jlong from, jlong rights_address, jboolean wanted) {
    (void)env;
    (void)cls;
    kq_control control;
    struct sockaddr_storage storage;
    struct msghdr message;
    kq_rights *rights = kq_pointer(rights_address);
    if (address == 0 || rights == NULL) {
        return -EFAULT;
    }
    if (length < 0) {
        return -EINVAL;
    }
    rights->flags = 0;
    rights->count = 0;
    struct iovec iov = {kq_pointer(address), (size_t)length};
    ssize_t n;
    do {
        memset(&message, 0, sizeof(message));
        message.msg_iov = &iov;
        message.msg_iovlen = 1;
        if (from != 0) {
            memset(&storage, 0, sizeof(storage));
            message.msg_name = &storage;
            message.msg_namelen = sizeof(storage);
        }
        if (wanted || !KQ_READ_DISPOSES_RIGHTS) {
            message.msg_control = &control;
            message.msg_controllen = sizeof(control);
        }
        n = recvmsg(fd, &message, KQ_MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return -errno;
    }
    kq_collect_rights(&message, rights, wanted);
    if (from != 0) {
        kq_address_from_sockaddr(&storage, message.msg_namelen, kq_pointer(from));
    }
    return (jint)n;
}

/* Whatever connect(2) says of AF_UNSPEC, which differs from system to system: what counts is that there is no peer any more. */
static jint kq_unix_disconnect(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    struct sockaddr_storage storage;
    socklen_t length = sizeof(storage);
    memset(&storage, 0, sizeof(storage));
    storage.ss_family = AF_UNSPEC;
    int rc = connect(fd, (struct sockaddr *)&storage, sizeof(struct sockaddr));
    int error = errno;
    if (getpeername(fd, (struct sockaddr *)&storage, &length) < 0) {
        return errno == ENOTCONN ? 0 : -errno;
    }
    return rc < 0 ? -error : -EISCONN;
}

static jint kq_unix_peer(JNIEnv *env, jclass cls, jint fd, jlong address, jint capacity) {
    (void)env;
    (void)cls;
    if (address == 0) {
        return -EFAULT;
    }
    if (capacity < 1) {
        return -EINVAL;
    }
    kq_peer *peer = kq_pointer(address);
    return kq_platform_peer(fd, peer, (unsigned)capacity);
}

/* The constructor of Netty's PeerCredentials is for its own package; JNI may call it wherever the class comes from. */
static jobject kq_unix_new_credentials(JNIEnv *env, jclass cls, jclass type, jint pid, jint uid, jintArray gids) {
    (void)cls;
    jmethodID constructor = type == NULL ? NULL : (*env)->GetMethodID(env, type, "<init>", "(II[I)V");
    jobject made = constructor == NULL ? NULL : (*env)->NewObject(env, type, constructor, pid, uid, gids);
    if ((*env)->ExceptionCheck(env)) {
        (*env)->ExceptionClear(env);
        return NULL;
    }
    return made;
}

/* The path of an address record as a C string. */
static int kq_path(jlong address, char path[KQ_PATH_MAX]) {
    const kq_address *record = kq_pointer(address);
    if (record == NULL) {
        return -EFAULT;
    }
    if (record->family != KQ_FAMILY_UNIX || record->length <= 0 || record->length >= KQ_PATH_MAX) {
        return -EINVAL;
    }
    memcpy(path, record->path, (size_t)record->length);
    path[record->length] = '\0';
    return 0;
}

static jint kq_unix_stat(JNIEnv *env, jclass cls, jlong address, jlong result) {
    (void)env;
    (void)cls;
    char path[KQ_PATH_MAX];
    struct stat status;
    int rc = kq_path(address, path);
    if (rc < 0) {
        return rc;
    }
    if (result == 0) {
        return -EFAULT;
    }
    if (lstat(path, &status) < 0) {
        return -errno;
    }
    int64_t *identity = kq_pointer(result);
    identity[0] = (int64_t)status.st_dev;
    identity[1] = (int64_t)status.st_ino;
    return S_ISSOCK(status.st_mode);
}

static jint kq_unix_unlink(JNIEnv *env, jclass cls, jlong address) {
    (void)env;
    (void)cls;
    char path[KQ_PATH_MAX];
    int rc = kq_path(address, path);
    return rc < 0 ? rc : KQ_RESULT(unlink(path));
}

static jint kq_unix_chmod(JNIEnv *env, jclass cls, jlong address, jint mode) {
    (void)env;
    (void)cls;
    char path[KQ_PATH_MAX];
    int rc = kq_path(address, path);
    if (rc < 0) {
        return rc;
    }
    return (mode & ~KQ_MODE_MASK) != 0 ? -EINVAL : KQ_RESULT(fchmodat(AT_FDCWD, path, (mode_t)mode, AT_SYMLINK_NOFOLLOW));
}

static jint kq_unix_fchmod(JNIEnv *env, jclass cls, jint fd, jint mode) {
    (void)env;
    (void)cls;
    return (mode & ~KQ_MODE_MASK) != 0 ? -EINVAL : KQ_RESULT(fchmod(fd, (mode_t)mode));
}

/* A descriptor of the path's directory, locked until it is closed; -EAGAIN while another has it locked. */
static jint kq_unix_lock_directory(JNIEnv *env, jclass cls, jlong address) {
    (void)env;
    (void)cls;
    char path[KQ_PATH_MAX];
    int rc = kq_path(address, path);
    if (rc < 0) {
        return rc;
    }
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        path[0] = '.';
        path[1] = '\0';
    } else {
        slash[slash == path] = '\0';
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return -errno;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int error = errno;
        (void)close(fd);
        return -error;
    }
    return fd;
}

const JNINativeMethod kq_unix_methods[] = {
    {"socketpair", "(IJ)I", (void *)kq_unix_socketpair},
    {"send", "(IJIJJI)I", (void *)kq_unix_send},
    {"receive", "(IJIJJZ)I", (void *)kq_unix_receive},
    {"disconnect", "(I)I", (void *)kq_unix_disconnect},
    {"peer", "(IJI)I", (void *)kq_unix_peer},
    {"newCredentials", "(Ljava/lang/Class;II[I)Ljava/lang/Object;", (void *)kq_unix_new_credentials},
    {"stat", "(JJ)I", (void *)kq_unix_stat},
    {"unlink", "(J)I", (void *)kq_unix_unlink},
    {"chmod", "(JI)I", (void *)kq_unix_chmod},
    {"fchmod", "(II)I", (void *)kq_unix_fchmod},
    {"lockDirectory", "(J)I", (void *)kq_unix_lock_directory},
};
const int kq_unix_method_count = sizeof(kq_unix_methods) / sizeof(kq_unix_methods[0]);
