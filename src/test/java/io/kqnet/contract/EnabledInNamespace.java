package io.kqnet.contract;

import io.kqnet.support.NetNamespace;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** On classes that need IPv6 or multicast, which this machine may lack or have towards others: run in a namespace by {@link NamespaceTest}. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@EnabledIfSystemProperty(named = NetNamespace.PROP_NAME, matches = "true", disabledReason = "run by NamespaceTest in a network namespace")
public @interface EnabledInNamespace {
}
