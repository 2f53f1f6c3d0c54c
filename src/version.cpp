#include <coqmp/version.hpp>

#include <ostream>
#include <string_view>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, version const& value)
{
    if (value.text.empty())
        out << value.major << '.' << value.minor << '.' << value.micro;
    else
        out << value.text;
    // QEMU before 2.9 sent the parentheses along, with a space in front: " (Debian 1:2.8+dfsg-6)".
    std::size_t const begin = value.package.find_first_not_of(' ');
    if (begin == std::string::npos)
        return out;
    std::string_view const package = std::string_view(value.package).substr(begin);
    if (package.front() == '(')
        return out << ' ' << package;
    return out << " (" << package << ')';
}

}  // namespace coqmp
