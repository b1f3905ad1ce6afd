/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

static jint kq_fastopen_enabled(JNIEnv *env, jclass cls) {
    (void)env;
    (void)cls;
    return (jint)kq_platform_fastopen();
}

/* Never retried on EINTR, as connect. */
static jint kq_fastopen_connect(JNIEnv *env, jclass cls, jint fd, jlong address, jlong iov, jint count) {
    (void)env;
    (void)cls;
    struct sockaddr_storage storage;
    socklen_t length = 0;
    if (address == 0 || iov == 0) {
        return -EFAULT;
    }
    if (count <= 0 || count > IOV_MAX) {
        return -EINVAL;
    }
    int rc = kq_address_to_sockaddr(kq_pointer(address), &storage, &length);
    return rc < 0 ? rc : KQ_RESULT(kq_platform_connect(fd, (const struct sockaddr *)&storage, length, kq_pointer(iov), count));
}

const JNINativeMethod kq_fastopen_methods[] = {
    {"enabled", "()I", (void *)kq_fastopen_enabled},
    {"connect", "(IJJI)I", (void *)kq_fastopen_connect},
};
const int kq_fastopen_method_count = sizeof(kq_fastopen_methods) / sizeof(kq_fastopen_methods[0]);
