// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

/** Encloses the measured part of a scenario; a scenario with unmeasured work in between calls the pair repeatedly. */
interface Meter {
    void start() throws Exception;

    void stop() throws Exception;
}
