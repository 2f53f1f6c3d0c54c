#include "proxy/audit_record.hpp"

#include "protocol/ascii_json.hpp"

#include <algorithm>
#include <string_view>

namespace coqmp::proxy {

namespace {

/// Each byte of a text becomes at most six, as in `\u001B`, so that four of these texts fit in a record.
constexpr std::size_t longest_text = 128;
static_assert(24 * (longest_text + 3) < longest_audit_text - 400);

bool is_plain(char each) noexcept
{
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
           std::string_view("_-.:/@+,").find(each) != std::string_view::npos;
}

std::string word(std::string_view text)
{
    bool const is_short = text.size() <= longest_text;
    if (is_short && !text.empty() && std::ranges::all_of(text, is_plain))
        return std::string(text);
    std::string shown(text.substr(0, longest_text));
    if (!is_short)
        shown += "...";
    std::string result;
    protocol::append_ascii_text(result, shown);
    return result;
}

template <class Number>
std::string number_or_dash(std::optional<Number> const& number)
{
    return number ? std::to_string(*number) : "-";
}

std::string outcome_text(audit_record const& record)
{
    switch (record.outcome) {
        case audit_outcome::succeeded:
            return "ok";
        case audit_outcome::failed:
            return "error:" + word(record.error_class);
        case audit_outcome::refused:
            return "refused";
        case audit_outcome::lost:
            break;
    }
    return "lost";
}

std::string milliseconds(std::chrono::nanoseconds duration)
{
    auto const whole =
        std::max<std::chrono::microseconds::rep>(0, std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
    std::string const fraction = std::to_string(1000 + whole % 1000);
    return std::to_string(whole / 1000) + '.' + fraction.substr(1);
}

}  // namespace

std::string to_string(audit_record const& record)
{
    return "client=" + word(record.client) + " pid=" + number_or_dash(record.process) + " uid=" + number_or_dash(record.user) +
           " policy=" + word(record.policy) + " command=" + word(record.command) + " outcome=" + outcome_text(record) +
           " ms=" + milliseconds(record.duration);
}

}  // namespace coqmp::proxy
