#include "supervisor/machine_table.hpp"

#include "detail/explained_error.hpp"
#include "supervision/machine_order.hpp"

#include <coqmp/error.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace coqmp::detail {

namespace {

constexpr std::size_t longest_machine_name = 64;

bool is_letter_or_digit(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_machine_name(std::string_view name) noexcept
{
    auto const may_follow = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; };
    return !name.empty() && name.size() <= longest_machine_name && is_letter_or_digit(name.front()) &&
           std::ranges::all_of(name, may_follow);
}

[[noreturn]] void refuse_machine(errc why, std::string const& name)
{
    boost::system::error_code const code = make_error_code(why);
    throw explained_error(code, "cannot add the machine " + name + ": " + code.message());
}

}  // namespace

void machine_table::reserve(std::string const& name, std::vector<std::string> after)
{
    if (!is_machine_name(name))
        refuse_machine(errc::invalid_name, name);
    std::scoped_lock const lock(mutex_);
    if (machines_.contains(name))
        refuse_machine(errc::name_in_use, name);
    check_order(name, after);
    machines_.emplace(name, entry{nullptr, std::move(after)});
}

void machine_table::check_order(std::string const& name, std::vector<std::string> const& after) const
{
    if (after.empty())
        return;
    std::vector<ordered_machine> all{{name, after}};
    for (auto const& [each, known] : machines_)
        all.push_back({each, known.after});
    auto const circle = find_circle(all);
    if (circle.empty())
        return;
    std::string text = "cannot add the machine " + name + ": the order would be circular, as each would start after the next:";
    for (std::string const& each : circle)
        text += ' ' + each;
    throw explained_error(make_error_code(boost::system::errc::invalid_argument), text);
}

void machine_table::put(std::string const& name, driver_pointer const& driver)
{
    std::scoped_lock const lock(mutex_);
    machines_[name].driver = driver;
}

void machine_table::leave_out(std::string const& name) noexcept
{
    std::scoped_lock const lock(mutex_);
    machines_.erase(name);
}

void machine_table::reorder(std::string const& name, std::vector<std::string> after)
{
    std::scoped_lock const lock(mutex_);
    if (auto const found = machines_.find(name); found != machines_.end())
        found->second.after = std::move(after);
}

machine_table::entries_type machine_table::take_all() noexcept
{
    std::scoped_lock const lock(mutex_);
    return std::exchange(machines_, {});
}

machine_table::driver_pointer machine_table::find(std::string_view name) const
{
    std::scoped_lock const lock(mutex_);
    auto const found = machines_.find(name);
    return found != machines_.end() ? found->second.driver : nullptr;
}

bool machine_table::contains(std::string_view name) const
{
    std::scoped_lock const lock(mutex_);
    return machines_.contains(name);
}

std::vector<std::string> machine_table::order_of(std::string_view name) const
{
    std::scoped_lock const lock(mutex_);
    auto const found = machines_.find(name);
    return found != machines_.end() ? found->second.after : std::vector<std::string>();
}

std::vector<std::string> machine_table::names() const
{
    std::vector<std::string> result;
    for (auto const& [name, each] : entries())
        result.push_back(name);
    return result;
}

machine_table::entries_type machine_table::entries() const
{
    std::scoped_lock const lock(mutex_);
    auto result = machines_;
    std::erase_if(result, [](auto const& each) { return !each.second.driver; });
    return result;
}

}  // namespace coqmp::detail
