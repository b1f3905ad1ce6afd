/* SPDX-License-Identifier: Apache-2.0 */
#include "kq.h"

#define KQ_STANDARD_ERROR 2
#define KQ_MODE_FLAGS (ICANON | ECHO | ECHOE | ECHOK | ISIG | IEXTEN)
#define KQ_RAW_INPUT (IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL)

static const int kq_sizes[] = {CS5, CS6, CS7, CS8};

/* S_IFMT of st_mode; 0 for what has no type, such as a kqueue. */
static jint kq_descriptor_type(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    struct stat status;
    return fstat(fd, &status) < 0 ? -errno : (jint)(status.st_mode & S_IFMT);
}

static jint kq_descriptor_access(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    int flags = fcntl(fd, F_GETFL, 0);
    return flags < 0 ? -errno : flags & O_ACCMODE;
}

static jint kq_descriptor_is_tty(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    return isatty(fd) ? 1 : errno == EBADF ? -EBADF : 0;
}

/* A standard stream stays inheritable, or a child process with Redirect.INHERIT would lack it. */
static jint kq_descriptor_adopt(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    int flags = fcntl(fd, F_GETFL, 0);
    if (flags < 0 || (fd > KQ_STANDARD_ERROR && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)) {
        return -errno;
    }
    if ((flags & O_NONBLOCK) != 0) {
        return 0;
    }
    return fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 1;
}

static jint kq_descriptor_restore(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    int flags = fcntl(fd, F_GETFL, 0);
    return flags < 0 ? -errno : KQ_RESULT(fcntl(fd, F_SETFL, flags & ~O_NONBLOCK));
}

/* O_NOCTTY: a daemon must not get a controlling terminal by opening a serial line. */
static jint kq_descriptor_open(JNIEnv *env, jclass cls, jlong path, jint access) {
    (void)env;
    (void)cls;
    if (path == 0) {
        return -EFAULT;
    }
    if (access != O_RDONLY && access != O_WRONLY && access != O_RDWR) {
        return -EINVAL;
    }
    int fd;
    do {
        fd = open(kq_pointer(path), access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    } while (fd < 0 && errno == EINTR);
    return KQ_RESULT(fd);
}

/* For the user alone: what goes through it is a program's input and output. */
static jint kq_descriptor_fifo(JNIEnv *env, jclass cls, jlong path) {
    (void)env;
    (void)cls;
    return path == 0 ? -EFAULT : KQ_RESULT(mkfifo(kq_pointer(path), S_IRUSR | S_IWUSR));
}

static jint kq_descriptor_duplicate(JNIEnv *env, jclass cls, jint fd) {
    (void)env;
    (void)cls;
    return KQ_RESULT(fcntl(fd, F_DUPFD_CLOEXEC, KQ_STANDARD_ERROR + 1));
}

/* Asks a kqueue of its own: kernels refuse /dev/tty and /dev/null (macOS), and devices that cannot be waited for. */
static jint kq_descriptor_pollable(JNIEnv *env, jclass cls, jint fd, jboolean write) {
    (void)env;
    (void)cls;
    if (fd < 0) {
        return -EBADF;
    }
    int kq = kq_platform_kqueue();
    if (kq < 0) {
        return -errno;
    }
    kq_kevent change;
    kq_platform_set(&change, fd, (int16_t)(write ? EVFILT_WRITE : EVFILT_READ), EV_ADD, KQ_NOTE_NODATA, 0, 0);
    int rc = kq_platform_kevent(kq, &change, 1, NULL, 0, NULL);
    int error = rc < 0 && errno != EINTR ? errno : 0;
    (void)close(kq);
    return -error;
}

/* The number of the master; the other side's name is stored at address. */
static jint kq_descriptor_pty(JNIEnv *env, jclass cls, jlong address, jint capacity) {
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

/* write(2): a pipe has no send(2). The SIGPIPE of a pipe without reader is ignored by the JVM's handler. */
static jint kq_descriptor_write(JNIEnv *env, jclass cls, jint fd, jlong address, jint length) {
    (void)env;
    (void)cls;
    if (address == 0) {
        return -EFAULT;
    }
    if (length < 0) {
        return -EINVAL;
    }
    ssize_t n;
    do {
        n = write(fd, kq_pointer(address), (size_t)length);
    } while (n < 0 && errno == EINTR);
    return KQ_RESULT(n);
}

static jint kq_descriptor_writev(JNIEnv *env, jclass cls, jint fd, jlong iov, jint count) {
    (void)env;
    (void)cls;
    if (iov == 0) {
        return -EFAULT;
    }
    if (count < 0 || count > IOV_MAX) {
        return -EINVAL;
    }
    ssize_t n;
    do {
        n = writev(fd, kq_pointer(iov), count);
    } while (n < 0 && errno == EINTR);
    return KQ_RESULT(n);
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

static jint kq_descriptor_get_tty(JNIEnv *env, jclass cls, jint fd, jlong address) {
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
static jint kq_descriptor_set_tty(JNIEnv *env, jclass cls, jint fd, jlong address) {
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
static jint kq_descriptor_get_modes(JNIEnv *env, jclass cls, jint fd, jlong address) {
    (void)env;
    (void)cls;
    return address == 0 ? -EFAULT : kq_get_termios(fd, kq_pointer(address));
}

/* The modes only: the speed and format of a line may be changed while its driver still sends what was written. */
static jint kq_descriptor_put_modes(JNIEnv *env, jclass cls, jint fd, jlong address) {
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

static jint kq_descriptor_resize(JNIEnv *env, jclass cls, jint fd, jint columns, jint rows) {
    (void)env;
    (void)cls;
    if (columns < 0 || rows < 0 || columns > UINT16_MAX || rows > UINT16_MAX) {
        return -EINVAL;
    }
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    return KQ_RESULT(ioctl(fd, TIOCSWINSZ, &size));
}

const JNINativeMethod kq_descriptor_methods[] = {
    {"type", "(I)I", (void *)kq_descriptor_type},           {"access", "(I)I", (void *)kq_descriptor_access},
    {"isTty", "(I)I", (void *)kq_descriptor_is_tty},        {"adopt", "(I)I", (void *)kq_descriptor_adopt},
    {"restore", "(I)I", (void *)kq_descriptor_restore},     {"open", "(JI)I", (void *)kq_descriptor_open},
    {"fifo", "(J)I", (void *)kq_descriptor_fifo},           {"duplicate", "(I)I", (void *)kq_descriptor_duplicate},
    {"pollable", "(IZ)I", (void *)kq_descriptor_pollable},  {"pty", "(JI)I", (void *)kq_descriptor_pty},
    {"write", "(IJI)I", (void *)kq_descriptor_write},       {"writev", "(IJI)I", (void *)kq_descriptor_writev},
    {"getTty", "(IJ)I", (void *)kq_descriptor_get_tty},     {"setTty", "(IJ)I", (void *)kq_descriptor_set_tty},
    {"getModes", "(IJ)I", (void *)kq_descriptor_get_modes}, {"putModes", "(IJ)I", (void *)kq_descriptor_put_modes},
    {"resize", "(III)I", (void *)kq_descriptor_resize},
};
const int kq_descriptor_method_count = sizeof(kq_descriptor_methods) / sizeof(kq_descriptor_methods[0]);
