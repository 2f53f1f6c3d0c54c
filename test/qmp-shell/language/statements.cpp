#include "statements.hpp"

#include "language/print.hpp"

#include <array>
#include <cstddef>
#include <ostream>

namespace qmp_shell::test {

namespace {

std::string in_words(typed_command const& what)
{
    std::string result = what.name + ' ' + print(what.arguments, {});
    if (what.out_of_band)
        result += " --oob";
    constexpr std::array modes{"", ":ro", ":wo", ":rw"};
    for (auto const& [name, path, mode] : what.files)
        result.append(" --fd").append(modes.at(static_cast<std::size_t>(mode))).append(" " + name + '=' + path);
    if (what.id)
        result += " id " + print(*what.id, {});
    return result;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.typed;
}

std::string in_words(statement const& what)
{
    if (auto const* command = std::get_if<typed_command>(&what); command != nullptr)
        return in_words(*command);
    if (auto const* meta = std::get_if<meta_command>(&what); meta != nullptr)
        return ':' + meta->name + " [" + meta->rest + ']';
    if (auto const* error = std::get_if<syntax_error>(&what); error != nullptr)
        return '^' + std::to_string(error->column) +
               (error->lines_back > 0 ? " " + std::to_string(error->lines_back) + " back" : "") + ' ' + error->message;
    return "nothing";
}

std::string read_all(std::string_view lines, coqmp::schema const* known)
{
    line_reader reader;
    reader.use(known);
    for (;;) {
        std::size_t const end = lines.find('\n');
        std::string const meaning = in_words(reader.read(lines.substr(0, end)));
        if (end == std::string_view::npos)
            return meaning;
        if (meaning != "nothing")
            return "before the end: " + meaning;
        lines.remove_prefix(end + 1);
    }
}

}  // namespace qmp_shell::test
