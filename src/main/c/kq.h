/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KQ_H
#define KQ_H

#include "platform.h"

#include <errno.h>
#include <jni.h>
#include <stddef.h>
#include <stdint.h>

/* Raised whenever a native's meaning, signature or a record's layout changes; io.kqnet.sys.NativeLibrary refuses any other number. */
#if !defined(KQ_ABI_VERSION)
#define KQ_ABI_VERSION 2
#endif

/* The release, given by the build; never quoted, so that no shell has to keep quotes alive. */
#if !defined(KQ_VERSION)
#error "KQ_VERSION is not defined"
#endif

/* The event record shared with io.kqnet.poll.EventArray: the platform's struct kevent never crosses the JNI boundary. */
typedef struct {
    int32_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    int32_t reserved;
    int64_t data;
    int64_t udata;
} kq_event;

_Static_assert(sizeof(kq_event) == 32, "event record is 32 bytes");
_Static_assert(offsetof(kq_event, filter) == 4, "filter at 4");
_Static_assert(offsetof(kq_event, flags) == 6, "flags at 6");
_Static_assert(offsetof(kq_event, fflags) == 8, "fflags at 8");
_Static_assert(offsetof(kq_event, data) == 16, "data at 16");
_Static_assert(offsetof(kq_event, udata) == 24, "udata at 24");

/* The address record shared with io.kqnet.sys.Sockaddr. */
#define KQ_FAMILY_NONE 0
#define KQ_FAMILY_UNIX 1
#define KQ_FAMILY_INET 4
#define KQ_FAMILY_INET6 6
#define KQ_PATH_MAX 128

typedef struct {
    int32_t family;
    int32_t port;
    int32_t scope;
    int32_t length; /* of the path */
    uint8_t bytes[16];
    char path[KQ_PATH_MAX];
} kq_address;

_Static_assert(sizeof(kq_address) == 160, "address record is 160 bytes");
_Static_assert(offsetof(kq_address, bytes) == 16, "bytes at 16");
_Static_assert(offsetof(kq_address, path) == 32, "path at 32");

/* One datagram of a batch, shared with io.kqnet.sys.Datagrams. */
typedef struct {
    uint8_t bytes[16];
    uint16_t family; /* KQ_FAMILY_NONE, _INET or _INET6 */
    uint16_t port;
    int32_t scope;
} kq_endpoint;

typedef struct {
    int64_t address; /* of the bytes or, when sending with count > 0, of an array of struct iovec */
    int32_t length;  /* of the bytes: room, then received; to be sent */
    int32_t count;   /* sending: of struct iovec; receiving: KQ_TRUNCATED, or the errno that ended the batch before this record */
    kq_endpoint peer;
    kq_endpoint local; /* where a received datagram was sent to */
    int32_t interface; /* the number of the interface it came in by; 0 if unknown */
    int32_t nanos;     /* -1 without a time of arrival */
    int64_t seconds;
} kq_datagram;

_Static_assert(sizeof(kq_endpoint) == 24, "endpoint is 24 bytes");
_Static_assert(offsetof(kq_endpoint, family) == 16, "family at 16");
_Static_assert(offsetof(kq_endpoint, port) == 18, "port at 18");
_Static_assert(offsetof(kq_endpoint, scope) == 20, "scope at 20");
_Static_assert(sizeof(kq_datagram) == 80, "datagram record is 80 bytes");
_Static_assert(offsetof(kq_datagram, length) == 8, "length at 8");
_Static_assert(offsetof(kq_datagram, count) == 12, "count at 12");
_Static_assert(offsetof(kq_datagram, peer) == 16, "peer at 16");
_Static_assert(offsetof(kq_datagram, local) == 40, "local at 40");
_Static_assert(offsetof(kq_datagram, interface) == 64, "interface at 64");
_Static_assert(offsetof(kq_datagram, nanos) == 68, "nanos at 68");
_Static_assert(offsetof(kq_datagram, seconds) == 72, "seconds at 72");

/* How a batch is received or sent. */
#define KQ_DATAGRAM_CONTROL 1 /* destination, interface and time are wanted, as far as the socket's options give them */
#define KQ_DATAGRAM_SINGLY 2  /* one system call per datagram */
#define KQ_DATAGRAM_PRIVATE 4 /* recvmsg_x(2) where it exists */
#define KQ_TRUNCATED (-1)

/* A terminal's settings, shared with io.kqnet.Tty. Written, a negative field stays as it is. */
typedef struct {
    int32_t speed; /* bits per second, both directions; 0 if the system's code has no number */
    int32_t raw;
    int32_t data_bits;
    int32_t stop_bits;
    int32_t parity; /* 0 none, 1 odd, 2 even */
    int32_t flow;   /* 0 none, 1 hardware, 2 software */
    int32_t carrier;
} kq_tty;

_Static_assert(sizeof(kq_tty) == 28, "terminal record is 28 bytes");

/* What came beside the bytes of one recvmsg(2), shared with io.kqnet.sys.Rights. */
#define KQ_DESCRIPTORS_MAX 64 /* sent in one message: OpenBSD takes 127, Linux 253 */
#define KQ_RECEIVED_MAX 256
#define KQ_RIGHTS_SEEN 1
#define KQ_RIGHTS_LOST 2
#define KQ_DATA_TRUNCATED 4
#define KQ_MODE_MASK 0777

typedef struct {
    int32_t flags;
    int32_t count;
    int32_t descriptors[KQ_RECEIVED_MAX];
} kq_rights;

_Static_assert(offsetof(kq_rights, descriptors) == 8, "descriptors at 8");

#define KQ_RESULT(call) kq_result((int64_t)(call))

static inline jint kq_result(int64_t rc) {
    return rc < 0 ? -(jint)errno : (jint)rc;
}

static inline void *kq_pointer(jlong address) {
    return (void *)(intptr_t)address;
}

int kq_address_to_sockaddr(const kq_address *address, struct sockaddr_storage *out, socklen_t *length);
void kq_address_from_sockaddr(const struct sockaddr_storage *in, socklen_t length, kq_address *address);

const char *kq_errno_name(int error);

/* Both as setsockopt and fcntl: 0, or -1 and errno. */
int kq_no_sigpipe(int fd);
int kq_set_cloexec_nonblock(int fd);

extern const JNINativeMethod kq_kqueue_methods[];
extern const int kq_kqueue_method_count;
extern const JNINativeMethod kq_socket_methods[];
extern const int kq_socket_method_count;
extern const JNINativeMethod kq_fastopen_methods[];
extern const int kq_fastopen_method_count;
extern const JNINativeMethod kq_io_methods[];
extern const int kq_io_method_count;
extern const JNINativeMethod kq_datagram_methods[];
extern const int kq_datagram_method_count;
extern const JNINativeMethod kq_multicast_methods[];
extern const int kq_multicast_method_count;
extern const JNINativeMethod kq_descriptor_methods[];
extern const int kq_descriptor_method_count;
extern const JNINativeMethod kq_tty_methods[];
extern const int kq_tty_method_count;
extern const JNINativeMethod kq_oob_methods[];
extern const int kq_oob_method_count;
extern const JNINativeMethod kq_unix_methods[];
extern const int kq_unix_method_count;
extern const JNINativeMethod kq_platform_methods[];
extern const int kq_platform_method_count;

/* Resolves the JDK fields kq_io.c reads; a field that is missing only turns sendfile off. */
void kq_io_onload(JNIEnv *env);
void kq_io_onunload(JNIEnv *env);

#endif
