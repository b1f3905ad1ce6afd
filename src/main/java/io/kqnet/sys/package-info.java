/**
 * JNI: library loading, {@code kevent(2)} and socket calls, constants read from C, errno to exception.
 * Knows nothing of loops, channels or policy. Natives return {@code >= 0} or {@code -errno}; only {@link io.kqnet.sys.Errno} makes
 * exceptions of it. Internal: no compatibility is promised.
 */
package io.kqnet.sys;
