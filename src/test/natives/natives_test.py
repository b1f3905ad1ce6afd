"""What is promised of each library that `make natives` builds, read from the files themselves.

Run by `make test-natives`; the directory is the first argument, two equal builds are compared if a second is given.
"""

import hashlib
import os
import struct
import sys
import unittest

import lief

lief.logging.disable()

LIBRARIES = sys.argv[1]
AGAIN = sys.argv[2] if len(sys.argv) > 2 else None
HERE = os.path.dirname(os.path.abspath(__file__))

MAX_SIZE = 64 * 1024
EXPORTS = {"JNI_OnLoad", "JNI_OnUnload"}
# Added by the linker to every Mach-O library.
MACHO_EXPORTS = {"_mh_dylib_header", "__dso_handle"}

ELF_MACHINES = {"x86_64": lief.ELF.ARCH.X86_64, "aarch64": lief.ELF.ARCH.AARCH64}
MACHO_CPUS = {"x86_64": lief.MachO.Header.CPU_TYPE.X86_64, "aarch64": lief.MachO.Header.CPU_TYPE.ARM64}
MACOS_MINIMUM = {"x86_64": [10, 15, 0], "aarch64": [11, 0, 0]}

NEEDED = {
    "macos": {"/usr/lib/libSystem.B.dylib"},
    "freebsd": {"libc.so.7", "libthr.so.3"},
    "netbsd": {"libc.so.12", "libpthread.so.1"},
    "openbsd": {"libc.so"},
    "linux": {"libc.so.6", "libpthread.so.0"},
    "linux_musl": {"libc.so"},
}
# The newest symbol version of the oldest release we load on: FreeBSD 12.0, glibc 2.17.
NEWEST_VERSION = {"freebsd": ("FBSD_", (1, 5)), "linux": ("GLIBC_", (2, 17))}

CS_MAGIC_SUPERBLOB = 0xFADE0CC0
CS_MAGIC_CODEDIRECTORY = 0xFADE0C02


def libraries():
    for name in sorted(os.listdir(LIBRARIES)):
        stem, extension = os.path.splitext(name)
        system, _, arch = stem[len("libkqnet_"):].rpartition("_")
        if arch == "64":
            system, arch = system[: -len("_x86")], "x86_64"
        yield system, arch, extension, os.path.join(LIBRARIES, name)


def content(path):
    with open(path, "rb") as file:
        return file.read()


# What lief hands out does not keep alive what it is a part of.
PARSED = {}


def parse(system, path):
    if path not in PARSED:
        PARSED[path] = lief.MachO.parse(path) if system == "macos" else lief.ELF.parse(path)
    return PARSED[path].at(0) if system == "macos" else PARSED[path]


def imports(system, binary):
    if system == "macos":
        return {symbol.name[1:] for symbol in binary.imported_symbols if symbol.name != "dyld_stub_binder"}
    undefined = 0
    return {symbol.name for symbol in binary.dynamic_symbols if symbol.name and symbol.shndx == undefined}


def allowed(system):
    with open(os.path.join(HERE, "symbols", system + ".txt"), encoding="ascii") as file:
        return {line for line in file.read().split() if line}


def code_directory(binary, data):
    """The CodeDirectory blob of an embedded signature (xnu osfmk/kern/cs_blobs.h)."""
    signature = binary.code_signature
    blob = data[signature.data_offset: signature.data_offset + signature.data_size]
    magic, _, count = struct.unpack_from(">III", blob)
    assert magic == CS_MAGIC_SUPERBLOB
    for index in range(count):
        _, offset = struct.unpack_from(">II", blob, 12 + 8 * index)
        if struct.unpack_from(">I", blob, offset)[0] == CS_MAGIC_CODEDIRECTORY:
            return blob[offset:]
    raise AssertionError("no CodeDirectory in the signature")


class NativesTest(unittest.TestCase):
    def each(self, check):
        for system, arch, extension, path in libraries():
            with self.subTest(library=os.path.basename(path)):
                check(system, arch, extension, path)

    def test_every_platform_has_its_library(self):
        found = {(system, arch) for system, arch, _, _ in libraries()}
        self.assertEqual({(system, arch) for system in NEEDED for arch in ELF_MACHINES}, found)

    def test_format_and_architecture_are_those_of_the_name(self):
        def check(system, arch, extension, path):
            binary = parse(system, path)
            if system == "macos":
                self.assertEqual(".dylib", extension)
                self.assertEqual(MACHO_CPUS[arch], binary.header.cpu_type)
            else:
                self.assertEqual(".so", extension)
                self.assertEqual(ELF_MACHINES[arch], binary.header.machine_type)
                self.assertEqual(lief.ELF.Header.FILE_TYPE.DYN, binary.header.file_type)
        self.each(check)

    def test_loads_on_the_oldest_promised_system(self):
        def check(system, arch, _extension, path):
            binary = parse(system, path)
            if system == "macos":
                self.assertEqual(MACOS_MINIMUM[arch], binary.build_version.minos)
            elif system in NEWEST_VERSION:
                prefix, newest = NEWEST_VERSION[system]
                for symbol in binary.imported_symbols:
                    if symbol.has_version and symbol.symbol_version.has_auxiliary_version:
                        version = symbol.symbol_version.symbol_version_auxiliary.name
                        self.assertTrue(version.startswith(prefix), version)
                        number = tuple(int(part) for part in version[len(prefix):].split("."))
                        self.assertLessEqual(number[:2], newest, symbol.name)
        self.each(check)

    def test_exports_nothing_but_the_jni_entry_points(self):
        def check(system, _arch, _extension, path):
            names = {s.name for s in parse(system, path).exported_symbols}
            if system == "macos":
                names = {name[1:] for name in names} - MACHO_EXPORTS
            self.assertEqual(EXPORTS, names)
        self.each(check)

    def test_needs_only_the_systems_c_library(self):
        def check(system, _arch, _extension, path):
            binary = parse(system, path)
            if system == "macos":
                needed = {l.name for l in binary.libraries if l.command != lief.MachO.LoadCommand.TYPE.ID_DYLIB}
            else:
                needed = set(binary.libraries)
                self.assertFalse(any(e.tag in (lief.ELF.DynamicEntry.TAG.RPATH, lief.ELF.DynamicEntry.TAG.RUNPATH)
                                     for e in binary.dynamic_entries))
            self.assertEqual(NEEDED[system], needed)
        self.each(check)

    def test_uses_only_functions_on_its_systems_list(self):
        def check(system, _arch, _extension, path):
            self.assertEqual(set(), imports(system, parse(system, path)) - allowed(system))
        self.each(check)

    def test_lists_name_no_function_that_nobody_uses(self):
        for system in NEEDED:
            used = set()
            for other, _, _, path in libraries():
                if other == system:
                    used |= imports(system, parse(system, path))
            with self.subTest(system=system):
                self.assertEqual(set(), allowed(system) - used)

    def test_names_no_path_of_the_machine_it_was_built_on(self):
        def check(system, arch, extension, path):
            data = content(path)
            for part in (os.getcwd(), "/home/", "/Users/", "/root/", "/tmp/", "src/main/c", "ziglang"):
                self.assertNotIn(part.encode(), data)
            if system == "macos":
                ids = [l.name for l in parse(system, path).libraries if l.command == lief.MachO.LoadCommand.TYPE.ID_DYLIB]
                self.assertEqual(["@rpath/libkqnet_" + system + "_" + arch + extension], ids)
        self.each(check)

    def test_arm64_macos_library_carries_a_valid_ad_hoc_signature(self):
        path = os.path.join(LIBRARIES, "libkqnet_macos_aarch64.dylib")
        binary = parse("macos", path)
        data = content(path)
        self.assertTrue(binary.has_code_signature)
        directory = code_directory(binary, data)
        hashes, _, special, slots, limit = struct.unpack_from(">IIIII", directory, 16)
        size, kind, _, page = struct.unpack_from("BBBB", directory, 36)
        self.assertEqual((32, 2), (size, kind), "SHA-256")
        self.assertEqual(binary.code_signature.data_offset, limit)
        for slot in range(slots):
            expected = directory[hashes + slot * size: hashes + (slot + 1) * size]
            actual = hashlib.sha256(data[slot << page: min((slot + 1) << page, limit)]).digest()
            self.assertEqual(expected, actual, "page %d" % slot)

    def test_is_small(self):
        def check(_system, _arch, _extension, path):
            self.assertLessEqual(os.path.getsize(path), MAX_SIZE)
        self.each(check)

    def test_elf_stack_is_not_executable_and_symbols_are_bound_at_load(self):
        def check(system, _arch, _extension, path):
            if system == "macos":
                return
            binary = parse(system, path)
            stacks = [s for s in binary.segments if s.type == lief.ELF.Segment.TYPE.GNU_STACK]
            self.assertEqual([False], [s.has(lief.ELF.Segment.FLAGS.X) for s in stacks])
            tags = {e.tag for e in binary.dynamic_entries}
            self.assertNotIn(lief.ELF.DynamicEntry.TAG.TEXTREL, tags)
            self.assertIn(lief.ELF.DynamicEntry.TAG.FLAGS_1, tags)
            flags = binary.get(lief.ELF.DynamicEntry.TAG.FLAGS_1)
            self.assertTrue(flags.has(lief.ELF.DynamicEntryFlags.FLAG.NOW))
        self.each(check)

    def test_two_builds_in_different_directories_are_equal(self):
        if AGAIN is None:
            self.skipTest("only one build was given")
        self.assertEqual(sorted(os.listdir(LIBRARIES)), sorted(os.listdir(AGAIN)))
        def check(_system, _arch, _extension, path):
            self.assertEqual(content(path), content(os.path.join(AGAIN, os.path.basename(path))))
        self.each(check)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
