/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

#define KQ_MAX_EVENTS 1024

static const struct timespec kq_no_wait = {0, 0};

static void kq_to_kevent(const kq_event *in, kq_kevent *out, uint16_t extra_flags) {
    kq_platform_set(out, in->ident, in->filter, (uint16_t)(in->flags | extra_flags), in->fflags, in->data, in->udata);
}

static void kq_from_kevent(const kq_kevent *in, kq_event *out) {
    out->ident = (int32_t)(intptr_t)in->ident;
    out->filter = (int16_t)in->filter;
    out->flags = (uint16_t)in->flags;
    out->fflags = (uint32_t)in->fflags;
    out->reserved = 0;
    out->data = (int64_t)in->data;
    out->udata = (int64_t)(intptr_t)in->udata;
}

static jint kq_kqueue_kqueue(JNIEnv *env, jclass cls) {
    (void)env;
    (void)cls;
    return KQ_RESULT(kq_platform_kqueue());
}

/* One array serves as changelist and eventlist: all kernels copy the changes in before they copy events out. */
static jint kq_kqueue_kevent(JNIEnv *env, jclass cls, jint kq, jlong changes, jint nchanges, jlong events, jint nevents, jlong timeout_nanos) {
    (void)env;
    (void)cls;
    if (nchanges < 0 || nevents < 0 || nchanges > KQ_MAX_EVENTS || nevents > KQ_MAX_EVENTS) {
        return -EINVAL;
    }
    if ((changes == 0 && nchanges > 0) || (events == 0 && nevents > 0)) {
        return -EFAULT;
    }
    kq_kevent kevents[KQ_MAX_EVENTS];
    const kq_event *in = kq_pointer(changes);
    for (int i = 0; i < nchanges; i++) {
        kq_to_kevent(&in[i], &kevents[i], 0);
    }
    struct timespec timeout = {(time_t)(timeout_nanos / 1000000000), (long)(timeout_nanos % 1000000000)};
    int n = kq_platform_kevent(kq, kevents, nchanges, kevents, nevents, timeout_nanos < 0 ? NULL : &timeout);
    if (n < 0) {
        return -errno;
    }
    kq_event *out = kq_pointer(events);
    for (int i = 0; i < n; i++) {
        kq_from_kevent(&kevents[i], &out[i]);
    }
    return n;
}

/* Receipts keep the kernel from scanning for events, which would be lost here; there is room for every receipt. */
static jint kq_kqueue_change(JNIEnv *env, jclass cls, jint kq, jlong changes, jint nchanges) {
    (void)env;
    (void)cls;
    if (nchanges < 0 || nchanges > KQ_MAX_EVENTS) {
        return -EINVAL;
    }
    if (changes == 0) {
        return -EFAULT;
    }
    kq_kevent kevents[KQ_MAX_EVENTS];
    kq_event *records = kq_pointer(changes);
    for (int i = 0; i < nchanges; i++) {
        kq_to_kevent(&records[i], &kevents[i], EV_RECEIPT);
    }
    int n = kq_platform_kevent(kq, kevents, nchanges, kevents, nchanges, &kq_no_wait);
    if (n < 0) {
        return -errno;
    }
    int failed = 0;
    for (int i = 0; i < n; i++) {
        if ((kevents[i].flags & EV_ERROR) != 0 && kevents[i].data != 0) {
            kq_from_kevent(&kevents[i], &records[failed++]);
        }
    }
    return failed;
}

/* flags stay 0: FreeBSD and NetBSD cancel a trigger that travels with EV_CLEAR. Every touch replaces udata, so it is sent along. */
static jint kq_kqueue_trigger(JNIEnv *env, jclass cls, jint kq, jint ident, jlong udata) {
    (void)env;
    (void)cls;
#if defined(EVFILT_USER)
    kq_kevent kev;
    kq_platform_set(&kev, ident, (int16_t)EVFILT_USER, 0, NOTE_TRIGGER, 0, udata);
    int rc;
    do {
        rc = kq_platform_kevent(kq, &kev, 1, NULL, 0, NULL);
    } while (rc < 0 && errno == EINTR);
    return KQ_RESULT(rc);
#else
    (void)kq;
    (void)ident;
    (void)udata;
    return -ENOSYS;
#endif
}

static jlong kq_kqueue_address_of(JNIEnv *env, jclass cls, jobject buffer) {
    (void)cls;
    if (buffer == NULL) {
        return 0;
    }
    return (jlong)(intptr_t)(*env)->GetDirectBufferAddress(env, buffer);
}

const JNINativeMethod kq_kqueue_methods[] = {
    {"kqueue", "()I", (void *)kq_kqueue_kqueue},
    {"kevent", "(IJIJIJ)I", (void *)kq_kqueue_kevent},
    {"change", "(IJI)I", (void *)kq_kqueue_change},
    {"trigger", "(IIJ)I", (void *)kq_kqueue_trigger},
    {"addressOf", "(Ljava/nio/ByteBuffer;)J", (void *)kq_kqueue_address_of},
};
const int kq_kqueue_method_count = sizeof(kq_kqueue_methods) / sizeof(kq_kqueue_methods[0]);
