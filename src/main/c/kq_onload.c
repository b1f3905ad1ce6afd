/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

#include <stdio.h>

#define KQ_CLASS_MAX 256

/* Stores the name if it is that of the class that loads libraries, dots made slashes and its own name cut off. */
static int kq_package_of(JNIEnv *env, jstring name, char *package) {
    static const char loader[] = "/NativeLibrary";
    jsize length = name == NULL ? 0 : (*env)->GetStringUTFLength(env, name);
    if (length < (jsize)sizeof(loader) || length >= KQ_CLASS_MAX) {
        return 0;
    }
    (*env)->GetStringUTFRegion(env, name, 0, (*env)->GetStringLength(env, name), package);
    for (jsize i = 0; i < length; i++) {
        package[i] = package[i] == '.' ? '/' : package[i];
    }
    char *end = package + (size_t)length + 1 - sizeof(loader);
    if (memcmp(end, loader, sizeof(loader) - 1) != 0) {
        return 0;
    }
    *end = '\0';
    return 1;
}

/* The package these classes go by, which a relocated jar has changed, is told by the stack of the call that loads the library. */
static int kq_find_package(JNIEnv *env, char *package) {
    jclass thread = (*env)->FindClass(env, "java/lang/Thread");
    jclass frame = (*env)->FindClass(env, "java/lang/StackTraceElement");
    jmethodID current = thread == NULL ? NULL : (*env)->GetStaticMethodID(env, thread, "currentThread", "()Ljava/lang/Thread;");
    jmethodID trace = thread == NULL ? NULL : (*env)->GetMethodID(env, thread, "getStackTrace", "()[Ljava/lang/StackTraceElement;");
    jmethodID name = frame == NULL ? NULL : (*env)->GetMethodID(env, frame, "getClassName", "()Ljava/lang/String;");
    if (current == NULL || trace == NULL || name == NULL) {
        return 0;
    }
    jobject self = (*env)->CallStaticObjectMethod(env, thread, current);
    jobjectArray frames = (*env)->ExceptionCheck(env) ? NULL : (*env)->CallObjectMethod(env, self, trace);
    jsize count = (*env)->ExceptionCheck(env) || frames == NULL ? 0 : (*env)->GetArrayLength(env, frames);
    int found = 0;
    for (jsize i = 0; i < count && !found && !(*env)->ExceptionCheck(env); i++) {
        jobject element = (*env)->GetObjectArrayElement(env, frames, i);
        jstring text = (*env)->CallObjectMethod(env, element, name);
        found = !(*env)->ExceptionCheck(env) && kq_package_of(env, text, package);
        (*env)->DeleteLocalRef(env, text);
        (*env)->DeleteLocalRef(env, element);
    }
    return found;
}

static const struct kq_class {
    const char *name;
    const JNINativeMethod *methods;
    const int *count;
} kq_classes[] = {
    {"Platform", kq_platform_methods, &kq_platform_method_count},
    {"KqueueCalls", kq_kqueue_methods, &kq_kqueue_method_count},
    {"SocketCalls", kq_socket_methods, &kq_socket_method_count},
    {"FastOpenCalls", kq_fastopen_methods, &kq_fastopen_method_count},
    {"UnixCalls", kq_unix_methods, &kq_unix_method_count},
    {"IoCalls", kq_io_methods, &kq_io_method_count},
    {"DatagramCalls", kq_datagram_methods, &kq_datagram_method_count},
    {"MulticastCalls", kq_multicast_methods, &kq_multicast_method_count},
    {"DescriptorCalls", kq_descriptor_methods, &kq_descriptor_method_count},
    {"TtyCalls", kq_tty_methods, &kq_tty_method_count},
    {"OobCalls", kq_oob_methods, &kq_oob_method_count},
};

/* Natives are bound here, not by exported names: only JNI_OnLoad and JNI_OnUnload leave the library. */
static int kq_register(JNIEnv *env, const char *package, const struct kq_class *entry) {
    char full_name[2 * KQ_CLASS_MAX];
    (void)snprintf(full_name, sizeof(full_name), "%s/%s", package, entry->name);
    jclass cls = (*env)->FindClass(env, full_name);
    if (cls == NULL) {
        return -1;
    }
    int rc = (*env)->RegisterNatives(env, cls, entry->methods, *entry->count);
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
    char package[KQ_CLASS_MAX];
    if (!kq_find_package(env, package)) {
        return JNI_ERR;
    }
    for (size_t i = 0; i < sizeof(kq_classes) / sizeof(kq_classes[0]); i++) {
        if (kq_register(env, package, &kq_classes[i]) != 0) {
            return JNI_ERR;
        }
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
