"""Checks the ad-hoc signature of a 64-bit Mach-O file: that there is one, and that every page has the hash it names.

The layout is that of Apple's cs_blobs.h (in the kernel's sources): the numbers of the signature are big-endian.
"""

import hashlib
import struct
import sys

LC_CODE_SIGNATURE = 0x1D
EMBEDDED_SIGNATURE = 0xFADE0CC0
CODE_DIRECTORY = 0xFADE0C02
ADHOC = 0x2
SHA256 = 2


def signature(data):
    """Where the signature begins."""
    magic, _, _, _, commands = struct.unpack_from("<5I", data)
    assert magic == 0xFEEDFACF, "not a 64-bit Mach-O file"
    position = 32
    for _ in range(commands):
        command, size = struct.unpack_from("<2I", data, position)
        if command == LC_CODE_SIGNATURE:
            return struct.unpack_from("<I", data, position + 8)[0]
        position += size
    raise AssertionError("no signature")


def code_directory(data):
    """Where the list of hashes begins."""
    start = signature(data)
    magic, _, blobs = struct.unpack_from(">3I", data, start)
    assert magic == EMBEDDED_SIGNATURE, "the signature can't be read"
    for index in range(blobs):
        _, offset = struct.unpack_from(">2I", data, start + 12 + 8 * index)
        if struct.unpack_from(">I", data, start + offset)[0] == CODE_DIRECTORY:
            return start + offset
    raise AssertionError("the signature has no hashes")


def check(data):
    """The number of pages, each of which has its hash."""
    start = code_directory(data)
    fields = struct.unpack_from(">9I4B", data, start)
    _, _, _, flags, hashes, _, _, count, limit, size, kind, _, page_bits = fields
    assert flags & ADHOC, "the signature is not ad hoc"
    assert kind == SHA256 and size == 32, "the hashes are not SHA-256"
    page = 1 << page_bits
    assert limit == signature(data) and count == -(-limit // page), "the hashes do not cover the file"
    for index in range(count):
        found = hashlib.sha256(data[index * page:min((index + 1) * page, limit)]).digest()
        place = start + hashes + index * size
        assert data[place:place + size] == found, f"page {index} has another hash"
    return count


with open(sys.argv[1], "rb") as file:
    print(f"signed ad hoc ({check(file.read())} pages)")
