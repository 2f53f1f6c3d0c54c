#include "images/qemu_arguments.hpp"

#include <algorithm>
#include <array>

namespace coqmpd {

namespace {

/// QEMU's options without a value, of all versions and architectures.
constexpr std::array<std::string_view, 45> options_without_value = {
    "S",
    "alt-grab",
    "ctrl-grab",
    "curses",
    "daemonize",
    "enable-fips",
    "enable-hax",
    "enable-kvm",
    "enable-sync-profile",
    "full-screen",
    "h",
    "help",
    "localtime",
    "mem-prealloc",
    "no-acpi",
    "no-fd-bootchk",
    "no-frame",
    "no-hpet",
    "no-kvm",
    "no-kvm-irqchip",
    "no-kvm-pit",
    "no-kvm-pit-reinjection",
    "no-quit",
    "no-reboot",
    "no-shutdown",
    "no-user-config",
    "nodefaults",
    "nodefconfig",
    "nographic",
    "nohpet",
    "old-param",
    "only-migratable",
    "portrait",
    "preconfig",
    "rtc-td-hack",
    "s",
    "sdl",
    "semihosting",
    "singlestep",
    "snapshot",
    "usb",
    "version",
    "win2k-hack",
    "xen-attach",
    "xen-domid-restrict",
};

}  // namespace

std::vector<qemu_option> split_arguments(std::vector<std::string> const& arguments)
{
    std::vector<qemu_option> result;
    for (std::size_t place = 0; place < arguments.size(); ++place) {
        std::string_view name = arguments[place];
        if (!name.starts_with('-')) {
            result.push_back({"", arguments[place], place});
            continue;
        }
        name.remove_prefix(name.starts_with("--") ? 2 : 1);
        bool const has_value = std::ranges::find(options_without_value, name) == options_without_value.end();
        bool const finds_value = has_value && place + 1 < arguments.size();  // without it, QEMU does not start
        if (finds_value)
            ++place;
        result.push_back({std::string(name), finds_value ? arguments[place] : "", place});
    }
    return result;
}

std::vector<std::pair<std::string, std::string>> split_option_list(std::string_view text)
{
    std::vector<std::pair<std::string, std::string>> result;
    while (!text.empty()) {
        std::string item;
        std::size_t at = 0;
        for (; at < text.size(); ++at) {
            if (text[at] == ',') {
                if (text.substr(at, 2) != ",,")
                    break;
                ++at;
            }
            item += text[at];
        }
        text.remove_prefix(std::min(at + 1, text.size()));
        std::size_t const equals = item.find('=');
        if (equals == std::string::npos)
            result.emplace_back(item, "on");
        else
            result.emplace_back(item.substr(0, equals), item.substr(equals + 1));
    }
    return result;
}

}  // namespace coqmpd
