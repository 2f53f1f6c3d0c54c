#include "machines/machine_name.hpp"

#include "daemon/printable_text.hpp"

namespace coqmpd {

std::string find_name_problem(std::string_view name)
{
    constexpr std::string_view first = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    constexpr std::string_view others = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    std::string const subject =
        '"' + coqmp_daemon::printable(name, longest_machine_name + 3) + "\" is not the name of a machine: ";
    if (name.empty())
        return "a machine needs a name";
    if (name.size() > longest_machine_name)
        return subject + "it has more than " + std::to_string(longest_machine_name) + " bytes";
    if (first.find(name.front()) == std::string_view::npos)
        return subject + "it must begin with a letter or a digit";
    if (name.find_first_not_of(others) != std::string_view::npos)
        return subject + "it may only contain letters, digits, dots, dashes and underscores";
    return {};
}

}  // namespace coqmpd
