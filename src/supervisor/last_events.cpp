#include "supervisor/last_events.hpp"

#include "protocol/dialogue.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>

namespace coqmp::detail {

namespace {

constexpr std::size_t bytes_at_once = 4096;

/// @return whether more may come
bool read_events_in(std::string_view input, protocol::dialogue& conversation, std::vector<event>& events)
{
    while (!input.empty()) {
        protocol::action next = conversation.receive(input);
        if (std::holds_alternative<protocol::ended>(next))
            return false;
        if (auto* const what = std::get_if<protocol::happened>(&next))
            events.push_back(std::move(what->what));
    }
    return true;
}

}  // namespace

std::vector<event> last_events(kept_connection const& kept, session_options const& options)
{
    protocol::dialogue_options rules;
    rules.limits.max_message_size = options.max_message_size;
    rules.limits.max_nesting = options.max_nesting;
    protocol::dialogue conversation(rules);
    conversation.resume(kept.has_out_of_band);  // what it would send is never sent
    std::vector<event> result;
    std::array<char, bytes_at_once> buffer{};
    for (;;) {
        ::ssize_t const size = ::recv(kept.socket.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0 || !read_events_in({buffer.data(), static_cast<std::size_t>(size)}, conversation, result))
            return result;
    }
}

}  // namespace coqmp::detail
