"""Guests of one sector for the tests in Python, as in guests.hpp."""

_START = b"\xfa\x31\xc0\x8e\xd8"  # cli; xor ax, ax; mov ds, ax
_END = b"\xf4\xeb\xfd"  # hlt; jmp to it

CODE = {
    "idle": b"",
    "panic": bytes.fromhex("BA0505 B001 EE"),
    "triple_fault": bytes.fromhex("0F011E0B7C CC 000000000000"),
    "power_off": bytes.fromhex("BA0406 B80020 EF"),
    "power_button": bytes.fromhex("BA0206 B80001 EF B072 E6E9 BA0006 FB F4 ED F6C401 74F8 B070 E6E9 BA0406 B80020 EF"),
    # Writes 4 KiB after 4 KiB to the second disk, without end:
    # mov es, ax; mov ss, ax; mov sp, 0x7c00; sti; again: mov si, packet; mov ax, 0x4300; mov dl, 0x81; int 0x13;
    # add dword [packet + 8], 8; jmp again; packet: 16, 0, 8 sectors, from 0:0x7e00, to block 0 (64 bits)
    "writer": bytes.fromhex("8EC0 8ED0 BC007C FB BE207C B80043 B281 CD13 668306287C08 EBEE 90 1000 0800 007E0000 0000000000000000"),
}


def write(name, path):
    """Writes the image of a guest under another name first, so that a QEMU that reads it sees either the old one or the new one."""
    sector = _START + CODE[name] + _END
    temporary = path.with_suffix(".new")
    temporary.write_bytes(sector.ljust(510, b"\0") + b"\x55\xaa")
    temporary.rename(path)
