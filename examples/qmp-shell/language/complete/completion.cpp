#include "language/complete/completion.hpp"

namespace qmp_shell {

std::string quoted_word(std::string_view text, char quote)
{
    constexpr std::string_view special = " \t\r\n\"'#;()";
    bool const plain =
        !text.empty() && text.find_first_of(special) == std::string_view::npos && text.front() != '{' && text.front() != '[';
    if (quote == '\0' && plain)
        return std::string(text);
    if (quote == '\0')
        quote = '"';
    std::string result(1, quote);
    for (char const each : text) {
        if (each == quote || each == '\\')
            result += '\\';
        if (each == '\n')
            result += "\\n";
        else if (each == '\r')
            result += "\\r";
        else
            result += each;
    }
    return result + quote;
}

}  // namespace qmp_shell
