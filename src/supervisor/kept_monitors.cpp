#include "supervisor/kept_monitors.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>
#include <vector>

namespace coqmp::detail {

namespace {

constexpr std::string_view kept_prefix = "coqmp-monitor/";

/// Removes a part, and the slash behind it, from the front of the text.
std::string_view take_part(std::string_view& text)
{
    std::size_t const end = std::min(text.find('/'), text.size());
    std::string_view const part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

template <class Number>
bool read_whole_number(std::string_view text, Number& number)
{
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<kept_name> kept_name::parse(std::string_view text)
{
    if (!text.starts_with(kept_prefix))
        return std::nullopt;
    text.remove_prefix(kept_prefix.size());
    kept_name result;
    result.machine = take_part(text);
    bool const has_process = read_whole_number(take_part(text), result.process);
    bool const has_start = read_whole_number(take_part(text), result.start_time);
    result.has_out_of_band = text == "oob";
    if (result.machine.empty() || !has_process || !has_start || !(result.has_out_of_band || text == "in-band"))
        return std::nullopt;
    return result;
}

std::string kept_name::text() const
{
    return std::string(kept_prefix) + machine + '/' + std::to_string(process) + '/' + std::to_string(start_time) +
           (has_out_of_band ? "/oob" : "/in-band");
}

kept_monitors::kept_monitors(descriptor_store store) : store_(std::move(store))
{
    for (stored_descriptor const& each : store_.content)
        if (auto name = kept_name::parse(each.name))
            entries_.emplace(name->machine, entry{*name, each.which});
    store_.content.clear();
}

bool kept_monitors::has_unread(std::string const& machine, machine_record const& process) const
{
    std::scoped_lock const lock(mutex_);
    auto const [begin, end] = entries_.equal_range(machine);
    return std::any_of(begin, end, [&](auto const& each) {
        char first = 0;
        return each.second.connection && each.second.name.is_of(process) &&
               ::recv(each.second.connection->number(), &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    });
}

std::optional<kept_connection> kept_monitors::take(std::string const& machine, machine_record const& process)
{
    std::optional<kept_connection> result;
    std::optional<kept_name> name;
    {
        std::scoped_lock const lock(mutex_);
        auto const [begin, end] = entries_.equal_range(machine);
        auto const found =
            std::find_if(begin, end, [&](auto const& each) { return each.second.connection && each.second.name.is_of(process); });
        if (found != end) {
            name = found->second.name;
            result = kept_connection{*std::exchange(found->second.connection, std::nullopt), name->has_out_of_band};
        }
    }
    drop_others(machine, name ? &*name : nullptr);
    return result;
}

bool kept_monitors::keep(kept_name const& name, descriptor const& connection)
{
    if (!store_.keep || !store_.drop)
        return false;
    drop_others(name.machine, &name);
    {
        std::scoped_lock const lock(mutex_);
        if (entries_.contains(name.machine))
            return true;
        entries_.emplace(name.machine, entry{name, std::nullopt});
    }
    store_.keep(name.text(), connection);
    return true;
}

void kept_monitors::drop(std::string const& machine)
{
    drop_others(machine, nullptr);
}

/// @param kept none: all are dropped
void kept_monitors::drop_others(std::string const& machine, kept_name const* kept)
{
    std::vector<std::string> dropped;
    {
        std::scoped_lock const lock(mutex_);
        auto [next, end] = entries_.equal_range(machine);
        while (next != end) {
            if (kept != nullptr && next->second.name == *kept) {
                ++next;
                continue;
            }
            dropped.push_back(next->second.name.text());
            next = entries_.erase(next);
        }
    }
    for (std::string const& each : dropped)
        if (store_.drop)
            store_.drop(each);
}

}  // namespace coqmp::detail
