package io.kqnet;

import java.util.Objects;

/**
 * A kernel filter that holds connections back until there is something to read: FreeBSD {@code accept_filter(9)}, NetBSD
 * {@code accept_filter(9)}. The kernel module has to be loaded ({@code accf_data}, {@code accf_http}, {@code accf_dns}).
 */
public final class AcceptFilter {
    private final String filterName;
    private final String filterArgs;

    /**
     * Names a filter.
     *
     * @param filterName at most 15 bytes
     * @param filterArgs at most 239 bytes; empty for filters that take none
     */
    public AcceptFilter(String filterName, String filterArgs) {
        this.filterName = Objects.requireNonNull(filterName, "filterName");
        this.filterArgs = Objects.requireNonNull(filterArgs, "filterArgs");
    }

    public String filterName() {
        return filterName;
    }

    public String filterArgs() {
        return filterArgs;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AcceptFilter && ((AcceptFilter) other).filterName.equals(filterName)
                && ((AcceptFilter) other).filterArgs.equals(filterArgs);
    }

    @Override
    public int hashCode() {
        return Objects.hash(filterName, filterArgs);
    }

    @Override
    public String toString() {
        return "AcceptFilter(" + filterName + (filterArgs.isEmpty() ? "" : ", " + filterArgs) + ')';
    }
}
