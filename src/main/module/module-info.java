/**
 * A Netty transport on kqueue. Where the JVM asks for permission to load native code (JDK 24 and later warn, later ones may refuse), grant
 * it with {@code --enable-native-access=io.kqnet}.
 */
module io.kqnet {
    requires transitive io.netty.buffer;
    requires transitive io.netty.common;
    requires transitive io.netty.transport;
    requires transitive io.netty.transport.unix.common;

    exports io.kqnet;
    exports io.kqnet.netty42;
}
