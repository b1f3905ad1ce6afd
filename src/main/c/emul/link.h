/* SPDX-License-Identifier: Apache-2.0 */

/* A doubly linked ring inside the things it links, the list's head among them. <sys/queue.h> is not in every libc: musl has none. */
#ifndef KQEMUL_LINK_H
#define KQEMUL_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct link {
    struct link *next;
    struct link *prev;
};

#define LINK_OWNER(item, type, member) ((type *)(void *)((char *)(item)-offsetof(type, member)))

#define LINK_EACH(item, head) for (struct link *item = (head)->next; item != (head); item = item->next)

static inline void link_init(struct link *head) {
    head->next = head;
    head->prev = head;
}

static inline bool link_empty(const struct link *head) {
    return head->next == head;
}

static inline void link_append(struct link *head, struct link *item) {
    item->next = head;
    item->prev = head->prev;
    head->prev->next = item;
    head->prev = item;
}

/* The item keeps its own pointers: whoever stands on it can still go on. */
static inline void link_remove(struct link *item) {
    item->next->prev = item->prev;
    item->prev->next = item->next;
}

#endif
