#include "protocol/first_line.hpp"

#include "protocol/message.hpp"

#include <algorithm>
#include <cstddef>
#include <variant>

namespace coqmp::protocol {

namespace {

constexpr std::string_view blanks = " \t\r\n";

}  // namespace

bool first_line::take(std::string_view& input)
{
    std::size_t const end = input.find('\n');
    std::string_view part = input.substr(0, end);
    is_complete_ = end != std::string_view::npos;
    input.remove_prefix(is_complete_ ? end + 1 : input.size());
    if (text_.empty())
        part.remove_prefix(std::min(part.find_first_not_of(blanks), part.size()));
    bool const can_begin = !text_.empty() || part.empty() || part.front() == '{';
    bool const is_too_large = limits_.max_message_size != 0 && part.size() > limits_.max_message_size - text_.size();
    if (!can_begin || is_too_large)
        is_dropped_ = true;
    if (is_dropped_)
        text_.clear();
    else
        text_ += part;
    return is_complete_;
}

bool first_line::is_message() const
{
    decoder trial(limits_);
    std::string_view rest = text_;
    message const decoded = trial.decode(rest);
    return !std::holds_alternative<no_message>(decoded) && rest.find_first_not_of(blanks) == std::string_view::npos;
}

}  // namespace coqmp::protocol
