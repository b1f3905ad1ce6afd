package io.kqnet.support;

import io.netty.util.internal.logging.InternalLogLevel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what Netty's loggers are told above debug; to be installed before the first of them is made. */
public final class LoudLog extends InternalLoggerFactory {
    private final List<String> lines = new CopyOnWriteArrayList<>();

    public static LoudLog install() {
        LoudLog log = new LoudLog();
        InternalLoggerFactory.setDefaultFactory(log);
        return log;
    }

    public List<String> lines() {
        return lines;
    }

    @Override
    protected InternalLogger newInstance(String name) {
        return (InternalLogger) Proxy.newProxyInstance(LoudLog.class.getClassLoader(), new Class<?>[] {InternalLogger.class},
                (proxy, method, arguments) -> call(name, method, arguments));
    }

    private Object call(String logger, Method method, Object[] arguments) {
        if (method.getReturnType() == boolean.class) {
            return true;
        }
        if (method.getReturnType() == String.class) {
            return logger;
        }
        String level = method.getName().equals("log") ? arguments[0].toString() : method.getName().toUpperCase(Locale.ROOT);
        if (InternalLogLevel.valueOf(level).compareTo(InternalLogLevel.DEBUG) > 0) {
            lines.add(level + ' ' + logger + ": " + Arrays.deepToString(arguments));
        }
        return null;
    }
}
