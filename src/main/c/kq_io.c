/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

#include <sys/stat.h>

/* Bound to one transfer so that a byte count always fits the jint result. */
#define KQ_TRANSFER_MAX (1 << 30)

static jclass kq_file_channel;
static jfieldID kq_file_channel_fd;
static jfieldID kq_file_descriptor_fd;

static jint kq_io_read(JNIEnv *env, jclass cls, jint fd, jlong address, jint length) {
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
        n = read(fd, kq_pointer(address), (size_t)length);
    } while (n < 0 && errno == EINTR);
    return KQ_RESULT(n);
}

/* send(2), not write(2): only it takes MSG_NOSIGNAL. */
static jint kq_io_write(JNIEnv *env, jclass cls, jint fd, jlong address, jint length) {
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
        n = send(fd, kq_pointer(address), (size_t)length, KQ_MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return KQ_RESULT(n);
}

static jint kq_io_writev(JNIEnv *env, jclass cls, jint fd, jlong iov, jint count) {
    (void)env;
    (void)cls;
    if (iov == 0) {
        return -EFAULT;
    }
    if (count < 0 || count > IOV_MAX) {
        return -EINVAL;
    }
    struct msghdr message;
    memset(&message, 0, sizeof(message));
    message.msg_iov = kq_pointer(iov);
    message.msg_iovlen = (__typeof__(message.msg_iovlen))count;
    ssize_t n;
    do {
        n = sendmsg(fd, &message, KQ_MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return KQ_RESULT(n);
}

static int kq_file_reaches(int file, int64_t end) {
    struct stat status;
    return fstat(file, &status) == 0 && (int64_t)status.st_size >= end;
}

/* EINTR and EAGAIN with bytes moved count as progress in kq_platform_sendfile, so a retry never repeats data. */
static int64_t kq_sendfile(int socket, int file, int64_t offset, int64_t count, struct iovec *iov, int headers, int trailers) {
    int64_t n;
    do {
        n = kq_platform_sendfile(socket, file, offset, count, iov, headers, trailers);
    } while (n < 0 && errno == EINTR);
    return n;
}

/* Kernels let the trailers follow a file that ends early, where the peer takes them for its content: they go along only if it is long enough. */
static jlong kq_io_sendfile(JNIEnv *env, jclass cls, jint socket, jint file, jlong offset, jlong count, jlong address, jint headers, jint trailers) {
    (void)env;
    (void)cls;
    if (offset < 0 || count < 0 || offset > INT64_MAX - count || headers < 0 || headers > IOV_MAX || trailers < 0 || trailers > IOV_MAX - headers) {
        return -EINVAL;
    }
    if (address == 0 && headers + trailers > 0) {
        return -EFAULT;
    }
    if (count == 0) {
        return 0;
    }
    struct iovec *iov = kq_pointer(address);
    if (count > KQ_TRANSFER_MAX || (trailers > 0 && !kq_file_reaches(file, offset + count))) {
        trailers = 0;
    }
    int64_t part = count < KQ_TRANSFER_MAX ? count : KQ_TRANSFER_MAX;
    int64_t n = kq_sendfile(socket, file, offset, part, iov, headers, trailers);
    if (n < 0) {
        return -errno;
    }
    int whole = trailers == 0 || n == (int64_t)kq_platform_length(iov, headers + trailers) + part;
    return whole || kq_file_reaches(file, offset + count) ? (jlong)n : -EIO;
}

static jint kq_io_pipe(JNIEnv *env, jclass cls, jlong address) {
    (void)env;
    (void)cls;
    if (address == 0) {
        return -EFAULT;
    }
    int *ends = kq_pointer(address);
#if KQ_HAVE_ACCEPT4
    return KQ_RESULT(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
#else
    if (pipe(ends) < 0) {
        return -errno;
    }
    for (int i = 0; i < 2; i++) {
        if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) < 0 || fcntl(ends[i], F_SETFL, O_NONBLOCK) < 0) {
            int error = errno;
            (void)close(ends[0]);
            (void)close(ends[1]);
            return -error;
        }
    }
    return 0;
#endif
}

/* The wakeup pipe's write; nobody can close its read end first, so SIGPIPE cannot happen. */
static jint kq_io_write_pipe(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    char byte = 0;
    ssize_t n;
    do {
        n = write(fd, &byte, 1);
    } while (n < 0 && errno == EINTR);
    return KQ_RESULT(n);
}

static jint kq_io_file_descriptor(JNIEnv *env, jclass cls, jobject channel) {
    (void)cls;
    if (channel == NULL) {
        return -EFAULT;
    }
    if (kq_file_channel_fd == NULL || kq_file_descriptor_fd == NULL || !(*env)->IsInstanceOf(env, channel, kq_file_channel)) {
        return -ENOSYS;
    }
    jobject descriptor = (*env)->GetObjectField(env, channel, kq_file_channel_fd);
    return descriptor == NULL ? -EBADF : (*env)->GetIntField(env, descriptor, kq_file_descriptor_fd);
}

/* io.netty.channel.DefaultFileRegion keeps what sendfile needs in private fields; its class is taken from the object, so a relocated Netty works. */
static jfieldID kq_region_field(JNIEnv *env, jobject region, const char *name, const char *signature) {
    jclass type = (*env)->GetObjectClass(env, region);
    jfieldID id = (*env)->GetFieldID(env, type, name, signature);
    if (id == NULL) {
        (*env)->ExceptionClear(env);
    }
    (*env)->DeleteLocalRef(env, type);
    return id;
}

static jobject kq_io_region_channel(JNIEnv *env, jclass cls, jobject region) {
    (void)cls;
    jfieldID file = region == NULL ? NULL : kq_region_field(env, region, "file", "Ljava/nio/channels/FileChannel;");
    return file == NULL ? NULL : (*env)->GetObjectField(env, region, file);
}

static jint kq_io_region_transferred(JNIEnv *env, jclass cls, jobject region, jlong transferred) {
    (void)cls;
    if (region == NULL) {
        return -EFAULT;
    }
    jfieldID field = kq_region_field(env, region, "transferred", "J");
    if (field == NULL) {
        return -ENOSYS;
    }
    (*env)->SetLongField(env, region, field, transferred);
    return 0;
}

static jfieldID kq_find_field(JNIEnv *env, jclass type, const char *field, const char *signature) {
    jfieldID id = type == NULL ? NULL : (*env)->GetFieldID(env, type, field, signature);
    if (id == NULL) {
        (*env)->ExceptionClear(env);
    }
    return id;
}

void kq_io_onload(JNIEnv *env) {
    jclass channel = (*env)->FindClass(env, "sun/nio/ch/FileChannelImpl");
    kq_file_channel_fd = kq_find_field(env, channel, "fd", "Ljava/io/FileDescriptor;");
    jclass descriptor = (*env)->FindClass(env, "java/io/FileDescriptor");
    kq_file_descriptor_fd = kq_find_field(env, descriptor, "fd", "I");
    if (channel != NULL) {
        kq_file_channel = (*env)->NewGlobalRef(env, channel);
    }
}

void kq_io_onunload(JNIEnv *env) {
    if (kq_file_channel != NULL) {
        (*env)->DeleteGlobalRef(env, kq_file_channel);
        kq_file_channel = NULL;
    }
}

const JNINativeMethod kq_io_methods[] = {
    {"read", "(IJI)I", (void *)kq_io_read},
    {"write", "(IJI)I", (void *)kq_io_write},
    {"writev", "(IJI)I", (void *)kq_io_writev},
    {"sendfile", "(IIJJJII)J", (void *)kq_io_sendfile},
    {"pipe", "(J)I", (void *)kq_io_pipe},
    {"writePipe", "(I)I", (void *)kq_io_write_pipe},
    {"fileDescriptor", "(Ljava/nio/channels/FileChannel;)I", (void *)kq_io_file_descriptor},
    {"regionChannel", "(Ljava/lang/Object;)Ljava/nio/channels/FileChannel;", (void *)kq_io_region_channel},
    {"regionTransferred", "(Ljava/lang/Object;J)I", (void *)kq_io_region_transferred},
};
const int kq_io_method_count = sizeof(kq_io_methods) / sizeof(kq_io_methods[0]);
