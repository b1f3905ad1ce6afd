/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

typedef union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
} kq_inet;

/* Room for what the socket options of this file and SO_TIMESTAMP make arrive beside a datagram. */
typedef union {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct timeval)) + CMSG_SPACE(sizeof(struct in_addr) + 64)];
} kq_control;

static void kq_endpoint_inet(kq_endpoint *out, const struct in_addr *address, in_port_t port) {
    memset(out, 0, sizeof(*out));
    out->family = KQ_FAMILY_INET;
    out->port = ntohs(port);
    memcpy(out->bytes, address, sizeof(*address));
}

/* A v4-mapped address is told as the IPv4 address it is. */
static void kq_endpoint_inet6(kq_endpoint *out, const struct in6_addr *address, in_port_t port, uint32_t scope) {
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        struct in_addr in;
        memcpy(&in, &address->s6_addr[12], sizeof(in));
        kq_endpoint_inet(out, &in, port);
        return;
    }
    out->family = KQ_FAMILY_INET6;
    out->port = ntohs(port);
    out->scope = (int32_t)scope;
    memcpy(out->bytes, address, sizeof(out->bytes));
}

static void kq_endpoint_from(kq_endpoint *out, const kq_inet *in, socklen_t length) {
    if (length >= sizeof(in->in6) && in->any.sa_family == AF_INET6) {
        kq_endpoint_inet6(out, &in->in6.sin6_addr, in->in6.sin6_port, in->in6.sin6_scope_id);
    } else if (length >= sizeof(in->in) && in->any.sa_family == AF_INET) {
        kq_endpoint_inet(out, &in->in.sin_addr, in->in.sin_port);
    } else {
        memset(out, 0, sizeof(*out));
    }
}

static socklen_t kq_endpoint_to(const kq_endpoint *in, kq_inet *out) {
    memset(out, 0, sizeof(*out));
    if (in->family == KQ_FAMILY_INET) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons(in->port);
        memcpy(&out->in.sin_addr, in->bytes, sizeof(out->in.sin_addr));
        return sizeof(out->in);
    }
    if (in->family == KQ_FAMILY_INET6) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons(in->port);
        out->in6.sin6_scope_id = (uint32_t)in->scope;
        memcpy(&out->in6.sin6_addr, in->bytes, sizeof(in->bytes));
        return sizeof(out->in6);
    }
    return 0;
}

static void kq_told_inet(const struct cmsghdr *header, kq_datagram *record) {
#if defined(KQ_IP_RECVPKTINFO)
    if (header->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(header), sizeof(info));
        kq_endpoint_inet(&record->local, &info.ipi_addr, 0);
        record->interface = (int32_t)info.ipi_ifindex;
    }
#else
    if (header->cmsg_type == IP_RECVDSTADDR) {
        struct in_addr address;
        memcpy(&address, CMSG_DATA(header), sizeof(address));
        kq_endpoint_inet(&record->local, &address, 0);
    } else if (header->cmsg_type == IP_RECVIF) {
        uint16_t index; /* sdl_index, as wide everywhere; the whole sockaddr_dl need not be there */
        memcpy(&index, (const uint8_t *)CMSG_DATA(header) + offsetof(struct sockaddr_dl, sdl_index), sizeof(index));
        record->interface = index;
    }
#endif
}

static void kq_told(const struct cmsghdr *header, kq_datagram *record) {
    if (header->cmsg_level == IPPROTO_IP) {
        kq_told_inet(header, record);
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo info;
        memcpy(&info, CMSG_DATA(header), sizeof(info));
        kq_endpoint_inet6(&record->local, &info.ipi6_addr, 0, IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? (uint32_t)info.ipi6_ifindex : 0);
        record->interface = (int32_t)info.ipi6_ifindex;
    } else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMP) {
        struct timeval time;
        memcpy(&time, CMSG_DATA(header), sizeof(time));
        record->seconds = (int64_t)time.tv_sec;
        record->nanos = (int32_t)time.tv_usec * 1000;
    }
}

/* An error after the first datagram is not lost: the record it would have filled tells it. */
static int kq_receive_singly(int fd, kq_message *messages, kq_datagram *records, int count) {
    int done = 0;
    while (done < count) {
        ssize_t n = recvmsg(fd, &messages[done].msg_hdr, 0);
        if (n >= 0) {
            messages[done++].msg_len = (__typeof__(messages->msg_len))n;
        } else if (errno != EINTR) {
            if (done == 0) {
                return -1;
            }
            records[done].count = errno;
            break;
        }
    }
    return done;
}

static int kq_receive_batch(int fd, kq_message *messages, kq_datagram *records, int count, int how) {
    (void)how;
#if KQ_HAVE_RECVMSG_X
    if ((how & KQ_DATAGRAM_PRIVATE) != 0 && (how & KQ_DATAGRAM_CONTROL) == 0 && recvmsg_x != NULL) {
        int n;
        do {
            n = kq_platform_recvmsg_x(fd, messages, (unsigned int)count);
        } while (n < 0 && errno == EINTR);
        return n;
    }
#endif
#if KQ_HAVE_MMSG
    if ((how & KQ_DATAGRAM_SINGLY) == 0) {
        int n;
        do {
            n = kq_platform_recvmmsg(fd, messages, (unsigned int)count);
        } while (n < 0 && errno == EINTR);
        return n;
    }
#endif
    return kq_receive_singly(fd, messages, records, count);
}

/* Empty messages from nobody, without end, are what BSD's soreceive_dgram() gives of a socket that was shut down for reading. */
static int kq_without_end(const kq_message *messages, int count) {
    while (count > 0 && messages[count - 1].msg_len == 0 && messages[count - 1].msg_hdr.msg_namelen == 0) {
        count--;
    }
    return count;
}

static jint kq_datagram_receive(JNIEnv *env, jclass cls, jint fd, jlong address, jint count, jint how) {
    (void)env;
    (void)cls;
    if (address == 0) {
        return -EFAULT;
    }
    if (count <= 0 || count > KQ_DATAGRAM_BATCH) {
        return -EINVAL;
    }
    kq_datagram *records = kq_pointer(address);
    kq_message messages[KQ_DATAGRAM_BATCH];
    struct iovec room[KQ_DATAGRAM_BATCH];
    kq_inet peers[KQ_DATAGRAM_BATCH];
    kq_control control[KQ_DATAGRAM_BATCH];
    memset(messages, 0, (size_t)count * sizeof(messages[0]));
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &messages[i].msg_hdr;
        room[i].iov_base = kq_pointer(records[i].address);
        room[i].iov_len = records[i].length < 0 ? 0 : (size_t)records[i].length;
        records[i].count = 0;
        header->msg_name = &peers[i];
        header->msg_namelen = sizeof(peers[i]);
        header->msg_iov = &room[i];
        header->msg_iovlen = 1;
        if ((how & KQ_DATAGRAM_CONTROL) != 0) {
            header->msg_control = &control[i];
            header->msg_controllen = sizeof(control[i]);
        }
    }
    int n = kq_receive_batch(fd, messages, records, count, how);
    if (n < 0) {
        return -errno;
    }
    n = kq_without_end(messages, n);
    if (n == 0) {
        return -EAGAIN;
    }
    for (int i = 0; i < n; i++) {
        struct msghdr *header = &messages[i].msg_hdr;
        kq_datagram *record = &records[i];
        record->length = (int32_t)messages[i].msg_len;
        record->count = (header->msg_flags & MSG_TRUNC) != 0 ? KQ_TRUNCATED : 0;
        record->nanos = -1;
        kq_endpoint_from(&record->peer, &peers[i], header->msg_namelen);
        if ((how & KQ_DATAGRAM_CONTROL) != 0) {
            memset(&record->local, 0, sizeof(record->local));
            record->interface = 0;
            for (struct cmsghdr *told = CMSG_FIRSTHDR(header); told != NULL; told = kq_platform_next_header(header, told)) {
                kq_told(told, record);
            }
        }
    }
    return n;
}

static int kq_send_singly(int fd, kq_message *messages, int count) {
    int done = 0;
    while (done < count) {
        if (sendmsg(fd, &messages[done].msg_hdr, KQ_MSG_NOSIGNAL) >= 0) {
            done++;
        } else if (errno != EINTR) {
            return done > 0 ? done : -1;
        }
    }
    return done;
}

static int kq_send_batch(int fd, kq_message *messages, int count, int how) {
    (void)how;
#if KQ_HAVE_MMSG
    if ((how & KQ_DATAGRAM_SINGLY) == 0) {
        int n;
        do {
            n = kq_platform_sendmmsg(fd, messages, (unsigned int)count);
        } while (n < 0 && errno == EINTR);
        return n;
    }
#endif
    return kq_send_singly(fd, messages, count);
}

static jint kq_datagram_send(JNIEnv *env, jclass cls, jint fd, jlong address, jint count, jint how) {
    (void)env;
    (void)cls;
    if (address == 0) {
        return -EFAULT;
    }
    if (count <= 0 || count > KQ_DATAGRAM_BATCH) {
        return -EINVAL;
    }
    const kq_datagram *records = kq_pointer(address);
    kq_message messages[KQ_DATAGRAM_BATCH];
    struct iovec bytes[KQ_DATAGRAM_BATCH];
    kq_inet peers[KQ_DATAGRAM_BATCH];
    memset(messages, 0, (size_t)count * sizeof(messages[0]));
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &messages[i].msg_hdr;
        if (records[i].length < 0 || records[i].count < 0 || records[i].count > IOV_MAX) {
            return -EINVAL;
        }
        bytes[i].iov_base = kq_pointer(records[i].address);
        bytes[i].iov_len = (size_t)records[i].length;
        header->msg_iov = records[i].count == 0 ? &bytes[i] : kq_pointer(records[i].address);
        header->msg_iovlen = (__typeof__(header->msg_iovlen))(records[i].count == 0 ? 1 : records[i].count);
        header->msg_namelen = kq_endpoint_to(&records[i].peer, &peers[i]);
        header->msg_name = header->msg_namelen == 0 ? NULL : &peers[i];
    }
    int n = kq_send_batch(fd, messages, count, how);
    return n < 0 ? -errno : n;
}

/*
 * A connect to no address dissolves the association, and on the BSDs and macOS says EAFNOSUPPORT, EADDRNOTAVAIL or EINVAL all the same
 * (connect(2)): whether there is a peer left is what counts.
 */
static jint kq_datagram_disconnect(JNIEnv *env, jclass cls, jint fd, jboolean ipv6) {
    (void)env;
    (void)cls;
    kq_inet nobody;
    memset(&nobody, 0, sizeof(nobody));
    nobody.any.sa_family = AF_UNSPEC;
    if (connect(fd, &nobody.any, ipv6 ? sizeof(nobody.in6) : sizeof(nobody.in)) == 0) {
        return 0;
    }
    int error = errno;
    socklen_t length = sizeof(nobody);
    return getpeername(fd, &nobody.any, &length) < 0 && errno == ENOTCONN ? 0 : -error;
}

/* Makes datagrams arrive with the address they were sent to and the interface they came in by. */
static jint kq_datagram_destination(JNIEnv *env, jclass cls, jint fd, jboolean ipv6, jboolean told) {
    (void)env;
    (void)cls;
    int on = told ? 1 : 0;
    if (ipv6) {
        return KQ_RESULT(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)));
    }
#if defined(KQ_IP_RECVPKTINFO)
    return KQ_RESULT(setsockopt(fd, IPPROTO_IP, KQ_IP_RECVPKTINFO, &on, sizeof(on)));
#else
    int rc = setsockopt(fd, IPPROTO_IP, IP_RECVDSTADDR, &on, sizeof(on));
    return KQ_RESULT(rc < 0 ? rc : setsockopt(fd, IPPROTO_IP, IP_RECVIF, &on, sizeof(on)));
#endif
}

const JNINativeMethod kq_datagram_methods[] = {
    {"receive", "(IJII)I", (void *)kq_datagram_receive},
    {"send", "(IJII)I", (void *)kq_datagram_send},
    {"disconnect", "(IZ)I", (void *)kq_datagram_disconnect},
    {"destination", "(IZZ)I", (void *)kq_datagram_destination},
};
const int kq_datagram_method_count = sizeof(kq_datagram_methods) / sizeof(kq_datagram_methods[0]);
