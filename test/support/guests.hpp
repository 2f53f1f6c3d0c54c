// Guests of one sector, which make QEMU say what real guests make it say.
#ifndef COQMP_TEST_SUPPORT_GUESTS_HPP
#define COQMP_TEST_SUPPORT_GUESTS_HPP

#include <coqmp/machine_spec.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace coqmp::test {

using namespace std::string_view_literals;

/// mov dx, 0x505; mov al, 1; out dx, al: reports a panic to the device pvpanic.
inline constexpr auto panic = "\xBA\x05\x05\xB0\x01\xEE"sv;
/// mov dx, 0x505; mov al, 2; out dx, al: reports to the device pvpanic that its crash kernel has begun.
inline constexpr auto crash_kernel = "\xBA\x05\x05\xB0\x02\xEE"sv;
/// lidt [0x7c0b]; int3; at 0x7c0b: a table without entries. A triple fault.
inline constexpr auto triple_fault = "\x0F\x01\x1E\x0B\x7C\xCC\x00\x00\x00\x00\x00\x00"sv;
/// mov dx, 0x604; mov ax, 0x2000; out dx, ax: switches a machine of type pc off.
inline constexpr auto power_off = "\xBA\x04\x06\xB8\x00\x20\xEF"sv;
/// mov dx, 0x443; mov al, 15; out dx, al: starts the watchdog ib700, which expires within two seconds.
inline constexpr auto watchdog = "\xBA\x43\x04\xB0\x0F\xEE"sv;
/// Writes `r` to a debugcon when it is ready, and `p` when its power button is pressed; then it switches a machine of type pc off:
/// mov dx, 0x602; mov ax, 0x100; out dx, ax; mov al, 'r'; out 0xe9, al; mov dx, 0x600; again: sti; hlt; in ax, dx; test ah, 1; jz again
/// mov al, 'p'; out 0xe9, al; and then as power_off.
inline constexpr auto power_button =
    "\xBA\x02\x06\xB8\x00\x01\xEF\xB0r\xE6\xE9\xBA\x00\x06\xFB\xF4\xED\xF6\xC4\x01\x74\xF8\xB0p\xE6\xE9\xBA\x04\x06\xB8\x00\x20\xEF"sv;
/// Writes `r` to a debugcon when it is ready. When its power button is pressed, it reports to the device pvpanic that its crash kernel
/// has begun, "dumps" for 73 ticks of the BIOS (4 s), writes `d`, and switches a machine of type pc off:
/// as power_button, up to: jz again; mov dx, 0x505; mov al, 2; out dx, al; mov bx, [0x46c]; wait: hlt; mov ax, [0x46c]; sub ax, bx
/// cmp ax, 73; jb wait; mov al, 'd'; out 0xe9, al; and then as power_off.
inline constexpr auto crash_on_power_button =
    "\xBA\x02\x06\xB8\x00\x01\xEF\xB0\x72\xE6\xE9\xBA\x00\x06\xFB\xF4\xED\xF6\xC4\x01\x74\xF8\xBA\x05\x05\xB0\x02\xEE\x8B\x1E"
    "\x6C\x04\xF4\xA1\x6C\x04\x29\xD8\x83\xF8\x49\x72\xF5\xB0\x64\xE6\xE9\xBA\x04\x06\xB8\x00\x20\xEF"sv;
/// Does nothing.
inline constexpr auto idle = ""sv;

/// A machine that runs such a guest.
/// @param code at most 500 bytes @param folder gets the image
/// @param more arguments
template <class... Arguments>
machine_spec guest(std::string_view code, std::filesystem::path const& folder, Arguments... more)
{
    std::string sector = "\xFA\x31\xC0\x8E\xD8";  // at 0x7c00: cli; xor ax, ax; mov ds, ax
    sector.append(code);
    sector.append("\xF4\xEB\xFD"sv);  // hlt; jmp to it
    sector.resize(510);
    sector.append("\x55\xAA");
    std::filesystem::path const image = folder / "guest";
    std::ofstream(image, std::ios::binary) << sector;
    machine_spec spec;
    spec.arguments = {"-M",          "pc,accel=tcg", "-display", "none",
                      "-m",          "32",           "-drive",   "if=ide,format=raw,snapshot=on,file=" + image.native(),
                      "-nodefaults", more...};
    return spec;
}

}  // namespace coqmp::test

#endif
