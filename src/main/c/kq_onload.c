/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

/* Natives are bound here, not by exported names: only JNI_OnLoad and JNI_OnUnload leave the library. */
static int kq_register(JNIEnv *env, const char *class_name, const JNINativeMethod *methods, int count) {
    jclass cls = (*env)->FindClass(env, class_name);
    if (cls == NULL) {
        return -1;
    }
    int rc = (*env)->RegisterNatives(env, cls, methods, count);
    (*env)->DeleteLocalRef(env, cls);
    return rc;
}

/* A pending exception (NoClassDefFoundError, NoSuchMethodError) reaches the caller of System.load. */
JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved) {
    (void)reserved;
    JNIEnv *env = NULL;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) != JNI_OK) {
        return JNI_ERR;
    }
    if (kq_register(env, "io/kqnet/sys/Platform", kq_platform_methods, kq_platform_method_count) != 0 ||
        kq_register(env, "io/kqnet/sys/KqueueCalls", kq_kqueue_methods, kq_kqueue_method_count) != 0 ||
        kq_register(env, "io/kqnet/sys/SocketCalls", kq_socket_methods, kq_socket_method_count) != 0 ||
        kq_register(env, "io/kqnet/sys/IoCalls", kq_io_methods, kq_io_method_count) != 0) {
        return JNI_ERR;
    }
    kq_io_onload(env);
    return JNI_VERSION_1_8;
}

JNIEXPORT void JNICALL JNI_OnUnload(JavaVM *vm, void *reserved) {
    (void)reserved;
    JNIEnv *env = NULL;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) == JNI_OK) {
        kq_io_onunload(env);
    }
}
