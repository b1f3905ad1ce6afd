package io.kqnet.selftest;

/** One thing the self test looks at. */
interface Check {
    /** What is checked, as a promise. */
    String name();

    /**
     * Looks.
     *
     * @return what was seen, for the report
     * @throws SkippedException if this machine lacks what the check needs
     * @throws Exception what went wrong
     */
    String run() throws Exception;

    /** Says why a check was not made. */
    final class SkippedException extends Exception {
        private static final long serialVersionUID = 1;

        SkippedException(String reason) {
            super(reason);
        }
    }
}
