#include <coqmp/testing/transcript.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace coqmp::testing {

namespace {

[[noreturn]] void throw_file_error(std::string const& file)
{
    throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), file);
}

std::string trimmed(std::string_view text)
{
    constexpr std::string_view space = " \t\r\n";
    std::size_t const begin = std::min(text.find_first_not_of(space), text.size());
    std::size_t const end = text.find_last_not_of(space);
    return std::string(text.substr(begin, end == std::string_view::npos ? 0 : end + 1 - begin));
}

}  // namespace

void transcript::add(direction way, std::string_view text)
{
    std::string line = trimmed(text);
    std::ranges::replace(line, '\n', ' ');
    std::ranges::replace(line, '\r', ' ');
    messages_.push_back({way, std::move(line)});
}

transcript transcript::parse(std::string_view text)
{
    transcript result;
    for (std::size_t number = 1; !text.empty(); ++number) {
        std::size_t const end = std::min(text.find('\n'), text.size());
        std::string const line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#')
            continue;
        if (line.front() != '>' && line.front() != '<')
            throw std::runtime_error("line " + std::to_string(number) +
                                     " of the transcript begins with neither > nor <: " + line);
        result.add(line.front() == '>' ? direction::sent : direction::received, std::string_view(line).substr(1));
    }
    return result;
}

std::string transcript::to_string() const
{
    std::string result;
    for (auto const& [way, text] : messages_)
        result += (way == direction::sent ? "> " : "< ") + text + '\n';
    return result;
}

transcript transcript::load(std::string const& file)
{
    errno = 0;
    std::ifstream input(file, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
    if (!input)
        throw_file_error(file);
    return parse(text);
}

void transcript::save(std::string const& file) const
{
    errno = 0;
    std::ofstream output(file, std::ios::binary | std::ios::trunc);
    output << to_string() << std::flush;
    if (!output)
        throw_file_error(file);
}

}  // namespace coqmp::testing
