package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Sockaddr;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Paths of the Unix domain: {@link DomainSocketAddress}, in UTF-8 as Netty's other transports have it, and
 * {@code java.net.UnixDomainSocketAddress} (JDK 16), in the JDK's own encoding of file names, so that both ends mean the same file.
 */
final class UnixAddresses {
    /** A socket that has no name, such as a client's. */
    static final DomainSocketAddress UNNAMED = new DomainSocketAddress("");

    private static final Class<?> JDK_TYPE;
    private static final MethodHandle JDK_PATH;

    static {
        Class<?> type = null;
        MethodHandle path = null;
        try {
            type = Class.forName("java.net.UnixDomainSocketAddress");
            path = MethodHandles.publicLookup().findVirtual(type, "getPath", MethodType.methodType(Path.class))
                    .asType(MethodType.methodType(Path.class, SocketAddress.class));
        } catch (ReflectiveOperationException e) {
            // A JDK before 16.
            type = null;
        }
        JDK_TYPE = type;
        JDK_PATH = path;
    }

    private UnixAddresses() {
    }

    static boolean isUnix(SocketAddress address) {
        return address instanceof DomainSocketAddress || isJdk(address);
    }

    private static boolean isJdk(SocketAddress address) {
        return JDK_TYPE != null && JDK_TYPE.isInstance(address);
    }

    private static String jdkPath(SocketAddress address) {
        try {
            return ((Path) JDK_PATH.invokeExact(address)).toString();
        } catch (Throwable t) {
            throw new IllegalArgumentException("no path can be taken from " + address, t);
        }
    }

    /** The same address as Netty names it; null stays null. */
    static DomainSocketAddress toDomain(SocketAddress address) {
        if (address == null || address instanceof DomainSocketAddress) {
            return (DomainSocketAddress) address;
        }
        return new DomainSocketAddress(jdkPath(address));
    }

    /** What the kernel named; a name that is not UTF-8 keeps its bytes. Null if the address is of another family. */
    static DomainSocketAddress fromKernel(Sockaddr sockaddr) {
        byte[] path = sockaddr.path();
        if (path == null || path.length == 0) {
            return path == null ? null : UNNAMED;
        }
        try {
            return new DomainSocketAddress(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(path)).toString());
        } catch (CharacterCodingException e) {
            return new BytesAddress(path);
        }
    }

    /**
     * Stores the path for the kernel.
     *
     * @param call the system call it is for
     * @throws IOException if no socket can have this path
     */
    static void store(SocketAddress address, Sockaddr sockaddr, String call) throws IOException {
        byte[] path = bytes(address, call);
        if (path.length == 0) {
            throw Errno.toException(call, -Constants.EINVAL, "the path is empty");
        }
        for (int i = 0; i < path.length; i++) {
            if (path[i] == 0) {
                throw Errno.toException(call, -Constants.EINVAL, "the path has a NUL at byte " + i + ": "
                        + toDomain(address).path().replace('\0', '?'));
            }
        }
        if (path.length > Constants.UNIX_PATH_MAX) {
            throw Errno.toException(call, -Constants.ENAMETOOLONG, "the path has " + path.length + " bytes, more than "
                    + Constants.UNIX_PATH_MAX + ": " + toDomain(address).path());
        }
        sockaddr.setPath(path);
    }

    private static byte[] bytes(SocketAddress address, String call) throws IOException {
        if (address instanceof BytesAddress) {
            return ((BytesAddress) address).path;
        }
        if (address instanceof DomainSocketAddress) {
            return ((DomainSocketAddress) address).path().getBytes(StandardCharsets.UTF_8);
        }
        if (!isJdk(address)) {
            throw new Addresses.UnsupportedAddressException("a DomainSocketAddress", address);
        }
        String path = jdkPath(address);
        try {
            ByteBuffer encoded = FileNames.CHARSET.newEncoder().encode(CharBuffer.wrap(path));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw Errno.toException(call, -Constants.EINVAL, "the path is not in " + FileNames.CHARSET + ": " + path);
        }
    }

    /** How this JVM writes names of files. */
    private static final class FileNames {
        static final Charset CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

        private FileNames() {
        }
    }

    /** A name that is not UTF-8: to send to it, its bytes are needed. */
    private static final class BytesAddress extends DomainSocketAddress {
        private static final long serialVersionUID = 1;
        private final byte[] path;

        BytesAddress(byte[] path) {
            super(new String(path, StandardCharsets.UTF_8));
            this.path = path;
        }
    }
}
