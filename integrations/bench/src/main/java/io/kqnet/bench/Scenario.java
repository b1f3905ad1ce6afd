// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

/** One kind of load. The driving thread calls open once, run any number of times, close once. */
abstract class Scenario {
    final Net net;

    Scenario(Net net) {
        this.net = net;
    }

    /** Makes the connections; unmeasured. Returns what a reader of the numbers must know, or an empty string. */
    abstract String open() throws Exception;

    /** Runs the budget between {@code meter}'s start and stop. */
    abstract void run(Run run, Meter meter) throws Exception;
}
