#include "detail/log.hpp"

#include "detail/harmless_text.hpp"

namespace coqmp::detail {

namespace {

/// Shortens a sentence for the log, because it may quote any number of the peer's bytes.
std::string shortened(std::string sentence)
{
    constexpr std::size_t longest = 1000;
    if (sentence.size() <= longest)
        return sentence;
    auto const continues_a_character = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; };
    std::size_t end = longest;
    while (end > 0 && continues_a_character(sentence[end]))
        --end;
    return sentence.substr(0, end) + "...";
}

}  // namespace

void log(std::function<void(log_level, std::string_view)> const& to, std::string const& name, log_level level,
         std::string const& sentence)
{
    if (!to)
        return;
    std::string const named = name.empty() ? sentence : name + ": " + sentence;
    to(level, shortened(harmless(named)));
}

}  // namespace coqmp::detail
