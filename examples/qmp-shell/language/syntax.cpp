#include "language/syntax.hpp"
#include <boost/json/parse.hpp>
namespace qmp_shell {
statement line_reader::read(std::string_view line)
{
    while (line.starts_with(' '))
        line.remove_prefix(1);
    if (line.empty() || line.starts_with('#'))
        return nothing_typed{};
    std::size_t end = line.find(' ');
    std::string name(line.substr(0, end));
    std::string_view rest = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
    if (name.starts_with(':'))
        return meta_command{name.substr(1), std::string(rest), end + 1};
    typed_command result;
    result.name = name;
    while (!rest.empty()) {
        end = rest.find(' ');
        std::string_view const word = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        if (word.empty())
            continue;
        std::size_t const equals = word.find('=');
        if (equals == std::string_view::npos)
            return syntax_error{0, "an argument is written key=value"};
        boost::system::error_code error;
        boost::json::value value = boost::json::parse(word.substr(equals + 1), error);
        if (error)
            value = boost::json::string(word.substr(equals + 1));
        result.arguments[word.substr(0, equals)] = value;
    }
    return result;
}
bool line_reader::in_transaction() const noexcept
{
    return known_ != nullptr && false;
}
bool line_reader::in_brace() const noexcept
{
    return known_ != nullptr && false;
}
void line_reader::reset() noexcept {}
}  // namespace qmp_shell
