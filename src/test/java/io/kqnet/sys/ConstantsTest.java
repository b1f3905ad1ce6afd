package io.kqnet.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import io.kqnet.support.Sources;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ConstantsTest {
    private static final Pattern DECLARATION =
            Pattern.compile("public static final (?:int|boolean) (\\w+) = (required|optional)\\(\"(\\w+)\"\\)");
    /** A kernel's name that is given a number: {@code EV_ADD = 1}, {@code case EAGAIN = 0x23}. */
    private static final Pattern NAMED_NUMBER = Pattern.compile(
            "\\b(?:EV_|EVFILT_|NOTE_|AF_|PF_|SOCK_|SOL_|SO_|IP_|IPV6_|TCP_|IPPROTO_|MSG_|SHUT_|O_|F_|FIO)[A-Z0-9_]+\\s*="
            + "\\s*[-+(]*\\d|\\bE(?!VENT|MPTY|RR)[A-Z]{3,}\\s*=\\s*[-+(]*\\d");
    /** An errno or a result compared with a number other than 0 or -1. */
    private static final Pattern COMPARED_NUMBER =
            Pattern.compile("\\b(?:errno|error|result|rc|failed)\\s*(?:==|!=)\\s*-?(?:[2-9]|1\\d|0x)");
    /** A bare number where a kernel's constant belongs. */
    private static final Pattern PASSED_NUMBER = Pattern.compile(
            "SocketCalls\\.(?:socket\\(\\s*|(?:get|set)(?:Option|Raw)\\((?:[^,;]*,\\s*){1,2})\\d+\\s*[,)]|toException\\([^;]*,\\s*-\\d");

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    @Test
    void everyFieldIsReadByItsOwnName() {
        Matcher matcher = DECLARATION.matcher(Sources.main("io/kqnet/sys/Constants.java"));
        int found = 0;
        while (matcher.find()) {
            assertEquals(matcher.group(1), matcher.group(3));
            found++;
        }
        assertEquals(Constants.class.getFields().length - 1, found, "every field but ABSENT is read from the library");
    }

    @Test
    void everyFieldHoldsWhatTheLibrarySays() throws IllegalAccessException {
        for (Field field : Constants.class.getFields()) {
            long value = Platform.constant(field.getName());
            if (field.getName().equals("ABSENT")) {
                assertEquals(Long.MIN_VALUE, value);
            } else if (field.getType() == boolean.class) {
                assertEquals(value != 0, field.getBoolean(null), field.getName());
            } else {
                assertEquals(value == Long.MIN_VALUE ? Constants.ABSENT : value, field.getInt(null), field.getName());
            }
        }
    }

    @Test
    void whatTheSystemLacksIsAbsent() throws IllegalAccessException {
        assertEquals(Long.MIN_VALUE, Platform.constant("SO_NO_SUCH_OPTION"));
        Matcher matcher = DECLARATION.matcher(Sources.main("io/kqnet/sys/Constants.java"));
        while (matcher.find()) {
            if (matcher.group(2).equals("required")) {
                assertNotEquals(Long.MIN_VALUE, Platform.constant(matcher.group(1)), matcher.group(1));
            }
        }
        if (Platform.name().equals("Linux emulation")) {
            assertEquals(Constants.ABSENT, Constants.SO_REUSEPORT_LB, "Linux has no SO_REUSEPORT_LB");
        }
    }

    @Test
    void noJavaFileHoldsAKernelsNumber() {
        List<String> found = new ArrayList<>();
        for (String file : Sources.mainFiles()) {
            String code = Sources.code(file);
            for (Pattern pattern : new Pattern[] {NAMED_NUMBER, COMPARED_NUMBER, PASSED_NUMBER}) {
                Matcher matcher = pattern.matcher(code);
                while (matcher.find()) {
                    found.add(file + ": " + matcher.group());
                }
            }
        }
        assertTrue(found.isEmpty(), () -> "numbers differ from system to system: " + found);
    }
}
