/** A main class that tells whether this transport works on the machine it runs on; uses nothing that other users could not. */
package io.kqnet.selftest;
