package io.kqnet.contract;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** On methods that dial {@code io.netty.testsuite.badHost}: only {@link BlackholeTest}'s network namespace has an address to give them. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@EnabledIfSystemProperty(named = BlackholeTest.PROP_NAME, matches = "true", disabledReason = "run by BlackholeTest in a network namespace")
@interface EnabledIfBlackhole {
}
