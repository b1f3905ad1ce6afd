/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

static int kq_unix_to_sockaddr(const kq_address *address, struct sockaddr_storage *out, socklen_t *length) {
    struct sockaddr_un *un = (struct sockaddr_un *)out;
    if (address->length <= 0) {
        return -EINVAL;
    }
    if ((size_t)address->length >= sizeof(un->sun_path)) {
        return -ENAMETOOLONG;
    }
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, address->path, (size_t)address->length);
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)address->length + 1);
    return 0;
}

/* sa_len need not be set: the BSD system calls overwrite it with the length argument. */
int kq_address_to_sockaddr(const kq_address *address, struct sockaddr_storage *out, socklen_t *length) {
    memset(out, 0, sizeof(*out));
    if (address->family == KQ_FAMILY_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons((uint16_t)address->port);
        memcpy(&in->sin_addr, address->bytes, 4);
        *length = sizeof(*in);
        return 0;
    }
    if (address->family == KQ_FAMILY_INET6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)address->port);
        in6->sin6_scope_id = (uint32_t)address->scope;
        memcpy(&in6->sin6_addr, address->bytes, 16);
        *length = sizeof(*in6);
        return 0;
    }
    if (address->family == KQ_FAMILY_UNIX) {
        return kq_unix_to_sockaddr(address, out, length);
    }
    return -EAFNOSUPPORT;
}

static void kq_unix_from_sockaddr(const struct sockaddr_un *un, socklen_t length, kq_address *address) {
    /* More than was asked for: what did not fit is not there. */
    size_t whole = (size_t)length < sizeof(struct sockaddr_storage) ? (size_t)length : sizeof(struct sockaddr_storage);
    size_t room = whole - offsetof(struct sockaddr_un, sun_path);
    if (room > sizeof(address->path)) {
        room = sizeof(address->path);
    }
    size_t used = strnlen(un->sun_path, room);
    memcpy(address->path, un->sun_path, used);
    address->length = (int32_t)used;
}

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) <= KQ_PATH_MAX, "a path fits");

/* A length of 0 beside success is real: accept(2) on macOS returns it when the peer has already gone. */
void kq_address_from_sockaddr(const struct sockaddr_storage *in, socklen_t length, kq_address *address) {
    memset(address, 0, offsetof(kq_address, path));
    if (in->ss_family == AF_INET && length >= (socklen_t)sizeof(struct sockaddr_in)) {
        const struct sockaddr_in *inet = (const struct sockaddr_in *)in;
        address->family = KQ_FAMILY_INET;
        address->port = ntohs(inet->sin_port);
        memcpy(address->bytes, &inet->sin_addr, 4);
    } else if (in->ss_family == AF_INET6 && length >= (socklen_t)sizeof(struct sockaddr_in6)) {
        const struct sockaddr_in6 *inet6 = (const struct sockaddr_in6 *)in;
        address->family = KQ_FAMILY_INET6;
        address->port = ntohs(inet6->sin6_port);
        address->scope = (int32_t)inet6->sin6_scope_id;
        memcpy(address->bytes, &inet6->sin6_addr, 16);
    } else if (in->ss_family == AF_UNIX && length >= (socklen_t)offsetof(struct sockaddr_un, sun_path)) {
        address->family = KQ_FAMILY_UNIX;
        kq_unix_from_sockaddr((const struct sockaddr_un *)in, length, address);
    }
}
