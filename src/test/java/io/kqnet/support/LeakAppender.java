package io.kqnet.support;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;

/** Writes reports of leaked buffers to {@code target/leaks.txt}; the build fails if that file exists after the tests. */
public final class LeakAppender extends AppenderBase<ILoggingEvent> {
    private static final Path FILE = Paths.get(System.getProperty("kqnet.leaks", "target/leaks.txt"));

    @Override
    protected void append(ILoggingEvent event) {
        if (!event.getFormattedMessage().contains("LEAK:")) {
            return;
        }
        try {
            Files.writeString(FILE, event.getFormattedMessage() + System.lineSeparator(), StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
