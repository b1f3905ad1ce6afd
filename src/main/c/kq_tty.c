/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

#define KQ_MODE_FLAGS (ICANON | ECHO | ECHOE | ECHOK | ISIG | IEXTEN)
#define KQ_RAW_INPUT (IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL)

static const int kq_sizes[] = {CS5, CS6, CS7, CS8};

static jint kq_tty_is_tty(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    return isatty(fd) ? 1 : errno == EBADF ? -EBADF : 0;
}

/* The number of the master; the other side's name is stored at address. */
static jint kq_tty_open(JNIEnv *env, jclass cls, jlong address, jint capacity) {
    (void)env;
    (void)cls;
    if (address == 0) {
        return -EFAULT;
    }
    if (capacity <= 0) {
        return -EINVAL;
    }
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    if (fd < 0) {
        return -errno;
    }
    int error = 0;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0) {
        error = errno;
    } else {
        error = kq_platform_ptsname(fd, kq_pointer(address), (size_t)capacity);
    }
    if (error != 0) {
        (void)close(fd);
        return -error;
    }
    return fd;
}

static int kq_get_termios(int fd, struct termios *out) {
    int rc;
    do {
        rc = tcgetattr(fd, out);
    } while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}

static int kq_set_termios(int fd, const struct termios *in) {
    int rc;
    do {
        rc = tcsetattr(fd, TCSANOW, in);
    } while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}

static int32_t kq_baud(speed_t code) {
    size_t count;
    const kq_speed *speeds = kq_platform_speeds(&count);
    if (count == 0) {
        return (int32_t)code;
    }
    for (size_t i = 0; i < count; i++) {
        if (speeds[i].code == code) {
            return speeds[i].baud;
        }
    }
    return 0;
}

static int kq_speed_code(int32_t baud, speed_t *code) {
    size_t count;
    const kq_speed *speeds = kq_platform_speeds(&count);
    if (count == 0) {
        *code = (speed_t)baud;
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (speeds[i].baud == baud) {
            *code = speeds[i].code;
            return 0;
        }
    }
    return -EINVAL;
}

static void kq_describe_tty(const struct termios *in, kq_tty *out) {
    out->speed = kq_baud(cfgetospeed(in));
    out->raw = (in->c_lflag & (tcflag_t)KQ_MODE_FLAGS) == 0 && (in->c_oflag & (tcflag_t)OPOST) == 0;
    out->data_bits = 0;
    for (int i = 0; i < 4; i++) {
        if ((in->c_cflag & (tcflag_t)CSIZE) == (tcflag_t)kq_sizes[i]) {
            out->data_bits = 5 + i;
        }
    }
    out->stop_bits = (in->c_cflag & (tcflag_t)CSTOPB) != 0 ? 2 : 1;
    out->parity = (in->c_cflag & (tcflag_t)PARENB) == 0 ? 0 : (in->c_cflag & (tcflag_t)PARODD) != 0 ? 1 : 2;
    out->flow = (in->c_cflag & (tcflag_t)CRTSCTS) != 0 ? 1 : (in->c_iflag & (tcflag_t)IXOFF) != 0 ? 2 : 0;
    out->carrier = (in->c_cflag & (tcflag_t)CLOCAL) == 0;
}

static void kq_put_bits(tcflag_t *flags, tcflag_t bits, int on) {
    *flags = on ? *flags | bits : *flags & ~bits;
}

/* As cfmakeraw(3), but c_cflag and a flow control that was asked for are options of their own, whatever the order they are set in. */
static void kq_put_raw(struct termios *termios, int raw) {
    kq_put_bits(&termios->c_oflag, (tcflag_t)OPOST, !raw);
    kq_put_bits(&termios->c_lflag, (tcflag_t)KQ_MODE_FLAGS, !raw);
    if (raw) {
        kq_put_bits(&termios->c_lflag, (tcflag_t)ECHONL, 0);
        kq_put_bits(&termios->c_iflag, (tcflag_t)KQ_RAW_INPUT, 0);
        if ((termios->c_iflag & (tcflag_t)IXOFF) == 0) {
            kq_put_bits(&termios->c_iflag, (tcflag_t)IXON, 0);
        }
        termios->c_cc[VMIN] = 1;
        termios->c_cc[VTIME] = 0;
    } else {
        kq_put_bits(&termios->c_iflag, (tcflag_t)(BRKINT | ICRNL), 1);
    }
}

static int kq_put_line(struct termios *termios, const kq_tty *tty) {
    if (tty->data_bits > 8 || (tty->data_bits >= 0 && tty->data_bits < 5) || tty->stop_bits == 0 || tty->stop_bits > 2 || tty->parity > 2 || tty->flow > 2) {
        return -EINVAL;
    }
    if (tty->data_bits > 0) {
        termios->c_cflag = (termios->c_cflag & ~(tcflag_t)CSIZE) | (tcflag_t)kq_sizes[tty->data_bits - 5];
    }
    if (tty->stop_bits > 0) {
        kq_put_bits(&termios->c_cflag, (tcflag_t)CSTOPB, tty->stop_bits == 2);
    }
    if (tty->parity >= 0) {
        kq_put_bits(&termios->c_cflag, (tcflag_t)PARENB, tty->parity != 0);
        kq_put_bits(&termios->c_cflag, (tcflag_t)PARODD, tty->parity == 1);
    }
    if (tty->flow >= 0) {
        kq_put_bits(&termios->c_cflag, (tcflag_t)CRTSCTS, tty->flow == 1);
        kq_put_bits(&termios->c_iflag, (tcflag_t)(IXON | IXOFF), tty->flow == 2);
    }
    if (tty->carrier >= 0) {
        kq_put_bits(&termios->c_cflag, (tcflag_t)CLOCAL, tty->carrier == 0);
    }
    return 0;
}

static int kq_put_tty(struct termios *termios, const kq_tty *tty) {
    if (tty->speed >= 0) {
        speed_t code = 0;
        if (kq_speed_code(tty->speed, &code) < 0 || cfsetispeed(termios, code) < 0 || cfsetospeed(termios, code) < 0) {
            return -EINVAL;
        }
    }
    if (tty->raw >= 0) {
        kq_put_raw(termios, tty->raw != 0);
    }
    termios->c_cflag |= (tcflag_t)CREAD;
    return kq_put_line(termios, tty);
}

static int kq_differs(int32_t wanted, int32_t got) {
    return wanted >= 0 && wanted != got;
}

static jint kq_tty_get(JNIEnv *env, jclass cls, jint fd, jlong address) {
    (void)env;
    (void)cls;
    struct termios termios;
    if (address == 0) {
        return -EFAULT;
    }
    int rc = kq_get_termios(fd, &termios);
    if (rc == 0) {
        kq_describe_tty(&termios, kq_pointer(address));
    }
    return rc;
}

/* Reads back: tcsetattr(3) succeeds if it could do any of what was asked for. */
static jint kq_tty_set(JNIEnv *env, jclass cls, jint fd, jlong address) {
    (void)env;
    (void)cls;
    struct termios termios;
    kq_tty got;
    if (address == 0) {
        return -EFAULT;
    }
    const kq_tty *want = kq_pointer(address);
    int rc = kq_get_termios(fd, &termios);
    if (rc < 0 || (rc = kq_put_tty(&termios, want)) < 0 || (rc = kq_set_termios(fd, &termios)) < 0 || (rc = kq_get_termios(fd, &termios)) < 0) {
        return rc;
    }
    kq_describe_tty(&termios, &got);
    int refused = kq_differs(want->speed, got.speed) || kq_differs(want->raw, got.raw) || kq_differs(want->data_bits, got.data_bits) ||
                  kq_differs(want->stop_bits, got.stop_bits) || kq_differs(want->parity, got.parity) || kq_differs(want->flow, got.flow) ||
                  kq_differs(want->carrier, got.carrier);
    return refused ? -EINVAL : 0;
}

/* The whole struct termios, for put_modes. */
static jint kq_tty_get_modes(JNIEnv *env, jclass cls, jint fd, jlong address) {
    (void)env;
    (void)cls;
    return address == 0 ? -EFAULT : kq_get_termios(fd, kq_pointer(address));
}

/* The modes only: the speed and format of a line may be changed while its driver still sends what was written. */
static jint kq_tty_put_modes(JNIEnv *env, jclass cls, jint fd, jlong address) {
    (void)env;
    (void)cls;
    struct termios termios;
    if (address == 0) {
        return -EFAULT;
    }
    int rc = kq_get_termios(fd, &termios);
    if (rc < 0) {
        return rc;
    }
    const struct termios *saved = kq_pointer(address);
    termios.c_iflag = saved->c_iflag;
    termios.c_oflag = saved->c_oflag;
    termios.c_lflag = saved->c_lflag;
    memcpy(termios.c_cc, saved->c_cc, sizeof(termios.c_cc));
    return kq_set_termios(fd, &termios);
}

static jint kq_tty_unsent(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    int count = 0;
    return ioctl(fd, TIOCOUTQ, &count) < 0 ? -errno : count;
}

static jint kq_tty_resize(JNIEnv *env, jclass cls, jint fd, jint columns, jint rows) {
    (void)env;
    (void)cls;
    if (columns < 0 || rows < 0 || columns > UINT16_MAX || rows > UINT16_MAX) {
        return -EINVAL;
    }
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    return KQ_RESULT(ioctl(fd, TIOCSWINSZ, &size));
}

const JNINativeMethod kq_tty_methods[] = {
    {"isTty", "(I)I", (void *)kq_tty_is_tty},  {"open", "(JI)I", (void *)kq_tty_open},          {"get", "(IJ)I", (void *)kq_tty_get},
    {"set", "(IJ)I", (void *)kq_tty_set},      {"getModes", "(IJ)I", (void *)kq_tty_get_modes}, {"putModes", "(IJ)I", (void *)kq_tty_put_modes},
    {"unsent", "(I)I", (void *)kq_tty_unsent}, {"resize", "(III)I", (void *)kq_tty_resize},
};
const int kq_tty_method_count = sizeof(kq_tty_methods) / sizeof(kq_tty_methods[0]);
