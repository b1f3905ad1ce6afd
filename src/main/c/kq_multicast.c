/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

/* Address arguments point to a kq_address; 0 for none. */
static int kq_group_storage(jlong address, struct sockaddr_storage *out) {
    socklen_t length = 0;
    if (address == 0) {
        return -EFAULT;
    }
    const kq_address *record = kq_pointer(address);
    if (record->family != KQ_FAMILY_INET && record->family != KQ_FAMILY_INET6) {
        return -EAFNOSUPPORT;
    }
    int rc = kq_address_to_sockaddr(record, out, &length);
    KQ_SET_LENGTH(out, length);
    return rc;
}

static int kq_group_level(const struct sockaddr_storage *group) {
    return group->ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
}

/* IPv4 names the interface by one of its addresses; without any the kernel chooses. */
static jint kq_membership4(jint fd, int join, const struct sockaddr_storage *group, jlong local) {
    struct ip_mreq request;
    memset(&request, 0, sizeof(request));
    request.imr_multiaddr = ((const struct sockaddr_in *)group)->sin_addr;
    struct sockaddr_storage address;
    if (local != 0 && kq_group_storage(local, &address) == 0 && address.ss_family == AF_INET) {
        request.imr_interface = ((const struct sockaddr_in *)&address)->sin_addr;
    }
    return KQ_RESULT(setsockopt(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof(request)));
}

static jint kq_membership6(jint fd, int join, const struct sockaddr_storage *group, jint interface) {
    struct ipv6_mreq request;
    memset(&request, 0, sizeof(request));
    request.ipv6mr_multiaddr = ((const struct sockaddr_in6 *)group)->sin6_addr;
    request.ipv6mr_interface = (__typeof__(request.ipv6mr_interface))interface;
    return KQ_RESULT(setsockopt(fd, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request, sizeof(request)));
}

/* The calls of RFC 3678 choose no interface on FreeBSD and macOS: number 0 is EADDRNOTAVAIL there (in_mcast.c, inp_join_group). */
static jint kq_membership(jint fd, int join, jlong group, jint interface, jlong local) {
    struct sockaddr_storage address;
    int rc = kq_group_storage(group, &address);
    if (rc < 0) {
        return rc;
    }
    int level = kq_group_level(&address);
#if KQ_HAVE_MCAST
    if (interface != 0) {
        struct group_req request;
        memset(&request, 0, sizeof(request));
        request.gr_group = address;
        request.gr_interface = (uint32_t)interface;
        return KQ_RESULT(setsockopt(fd, level, join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &request, sizeof(request)));
    }
#endif
    return level == IPPROTO_IPV6 ? kq_membership6(fd, join, &address, interface) : kq_membership4(fd, join, &address, local);
}

static jint kq_multicast_join(JNIEnv *env, jclass cls, jint fd, jlong group, jint interface, jlong local) {
    (void)env;
    (void)cls;
    return kq_membership(fd, 1, group, interface, local);
}

static jint kq_multicast_leave(JNIEnv *env, jclass cls, jint fd, jlong group, jint interface, jlong local) {
    (void)env;
    (void)cls;
    return kq_membership(fd, 0, group, interface, local);
}

#if KQ_HAVE_MCAST
static jint kq_source_membership(jint fd, int option, jlong group, jint interface, jlong source) {
    struct group_source_req request;
    memset(&request, 0, sizeof(request));
    int rc = kq_group_storage(group, &request.gsr_group);
    if (rc == 0) {
        rc = kq_group_storage(source, &request.gsr_source);
    }
    request.gsr_interface = (uint32_t)interface;
    return rc < 0 ? rc : KQ_RESULT(setsockopt(fd, kq_group_level(&request.gsr_group), option, &request, sizeof(request)));
}
#define KQ_SOURCE_MEMBERSHIP(option) kq_source_membership(fd, option, group, interface, source)
#else
#define KQ_SOURCE_MEMBERSHIP(option) ((void)fd, (void)group, (void)interface, (void)source, -ENOPROTOOPT)
#endif

static jint kq_multicast_join_source(JNIEnv *env, jclass cls, jint fd, jlong group, jint interface, jlong source) {
    (void)env;
    (void)cls;
    return KQ_SOURCE_MEMBERSHIP(MCAST_JOIN_SOURCE_GROUP);
}

static jint kq_multicast_leave_source(JNIEnv *env, jclass cls, jint fd, jlong group, jint interface, jlong source) {
    (void)env;
    (void)cls;
    return KQ_SOURCE_MEMBERSHIP(MCAST_LEAVE_SOURCE_GROUP);
}

static jint kq_multicast_block(JNIEnv *env, jclass cls, jint fd, jlong group, jint interface, jlong source) {
    (void)env;
    (void)cls;
    return KQ_SOURCE_MEMBERSHIP(MCAST_BLOCK_SOURCE);
}

static jint kq_multicast_set_interface(JNIEnv *env, jclass cls, jint fd, jboolean ipv6, jint interface, jlong local) {
    (void)env;
    (void)cls;
    if (ipv6) {
        return KQ_RESULT(setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &interface, sizeof(interface)));
    }
#if KQ_HAVE_MREQN
    (void)local;
    struct ip_mreqn request;
    memset(&request, 0, sizeof(request));
    request.imr_ifindex = interface;
    return KQ_RESULT(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof(request)));
#else
    struct sockaddr_storage address;
    if (local == 0) {
        return -EADDRNOTAVAIL;
    }
    int rc = kq_group_storage(local, &address);
    if (rc < 0) {
        return rc;
    }
    struct in_addr in = ((const struct sockaddr_in *)&address)->sin_addr;
    return address.ss_family == AF_INET ? KQ_RESULT(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &in, sizeof(in))) : -EADDRNOTAVAIL;
#endif
}

/* The IPv4 options are one byte wide (OpenBSD takes nothing else), the IPv6 ones an int (RFC 3493). */
static jint kq_set_scope(jint fd, jboolean ipv6, int option4, int option6, jint value) {
    if (ipv6) {
        return KQ_RESULT(setsockopt(fd, IPPROTO_IPV6, option6, &value, sizeof(value)));
    }
    uint8_t byte = (uint8_t)value;
    return value < 0 || value > UINT8_MAX ? -EINVAL : KQ_RESULT(setsockopt(fd, IPPROTO_IP, option4, &byte, sizeof(byte)));
}

static jint kq_get_scope(jint fd, jboolean ipv6, int option4, int option6) {
    int value = 0;
    uint8_t byte = 0;
    socklen_t length = ipv6 ? sizeof(value) : sizeof(byte);
    void *out = ipv6 ? (void *)&value : (void *)&byte;
    if (getsockopt(fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? option6 : option4, out, &length) < 0) {
        return -errno;
    }
    return ipv6 ? value : byte;
}

static jint kq_multicast_set_ttl(JNIEnv *env, jclass cls, jint fd, jboolean ipv6, jint hops) {
    (void)env;
    (void)cls;
    return kq_set_scope(fd, ipv6, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops);
}

static jint kq_multicast_ttl(JNIEnv *env, jclass cls, jint fd, jboolean ipv6) {
    (void)env;
    (void)cls;
    return kq_get_scope(fd, ipv6, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS);
}

static jint kq_multicast_set_loop(JNIEnv *env, jclass cls, jint fd, jboolean ipv6, jboolean on) {
    (void)env;
    (void)cls;
    return kq_set_scope(fd, ipv6, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, on ? 1 : 0);
}

static jint kq_multicast_loop(JNIEnv *env, jclass cls, jint fd, jboolean ipv6) {
    (void)env;
    (void)cls;
    return kq_get_scope(fd, ipv6, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP);
}

const JNINativeMethod kq_multicast_methods[] = {
    {"join", "(IJIJ)I", (void *)kq_multicast_join},
    {"leave", "(IJIJ)I", (void *)kq_multicast_leave},
    {"joinSource", "(IJIJ)I", (void *)kq_multicast_join_source},
    {"leaveSource", "(IJIJ)I", (void *)kq_multicast_leave_source},
    {"block", "(IJIJ)I", (void *)kq_multicast_block},
    {"setInterface", "(IZIJ)I", (void *)kq_multicast_set_interface},
    {"setTtl", "(IZI)I", (void *)kq_multicast_set_ttl},
    {"ttl", "(IZ)I", (void *)kq_multicast_ttl},
    {"setLoop", "(IZZ)I", (void *)kq_multicast_set_loop},
    {"loop", "(IZ)I", (void *)kq_multicast_loop},
};
const int kq_multicast_method_count = sizeof(kq_multicast_methods) / sizeof(kq_multicast_methods[0]);
