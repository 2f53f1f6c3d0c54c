#include <coqmp/event_filter.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace json = boost::json;

namespace coqmp {

namespace {

/// Exact, without rounding the integer to a double: 2^53 + 1 is not 2^53.
template <class Integer>
bool same_number(double real, Integer whole) noexcept
{
    double const beyond = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;
    double const lowest = std::is_signed_v<Integer> ? -0x1p63 : 0.0;
    return real >= lowest && real < beyond && static_cast<Integer>(real) == whole && static_cast<double>(whole) == real;
}

bool same(double left, json::value const& right) noexcept
{
    if (right.is_double())
        return left == right.get_double();
    if (right.is_int64())
        return same_number(left, right.get_int64());
    return right.is_uint64() && same_number(left, right.get_uint64());
}

// json::value compares an integer with a double as different, and QEMU says 0 where its schema says `number`.
// The recursion ends where the filter's own value does, however deep the event's data is.
bool same(json::value const& wanted, json::value const& found)
{
    if (wanted.is_double())
        return same(wanted.get_double(), found);
    if (found.is_double())
        return same(found.get_double(), wanted);
    if (wanted.is_array() && found.is_array())
        return std::equal(wanted.get_array().begin(), wanted.get_array().end(), found.get_array().begin(),
                          found.get_array().end(),
                          [](json::value const& one, json::value const& other) { return same(one, other); });
    if (wanted.is_object() && found.is_object()) {
        json::object const& other = found.get_object();
        return wanted.get_object().size() == other.size() &&
               std::all_of(wanted.get_object().begin(), wanted.get_object().end(), [&other](json::key_value_pair const& member) {
                   json::value const* counterpart = other.if_contains(member.key());
                   return counterpart != nullptr && same(member.value(), *counterpart);
               });
    }
    return wanted == found;
}

}  // namespace

event_filter& event_filter::also_named(std::string_view name) &
{
    names_.emplace_back(name);
    return *this;
}

event_filter event_filter::also_named(std::string_view name) &&
{
    return std::move(also_named(name));
}

event_filter& event_filter::matching(std::function<bool(event const&)> predicate) &
{
    predicate_ = std::move(predicate);
    return *this;
}

event_filter event_filter::matching(std::function<bool(event const&)> predicate) &&
{
    return std::move(matching(std::move(predicate)));
}

void event_filter::require(std::string_view member, json::value value)
{
    members_.emplace_back(member, std::move(value));
}

bool event_filter::accepts(event const& candidate) const
{
    if (!names_.empty() && std::find(names_.begin(), names_.end(), candidate.name) == names_.end())
        return false;
    for (auto const& [member, wanted] : members_) {
        json::value const* found = candidate.data.if_contains(json::string_view(member.data(), member.size()));
        if (found == nullptr || !same(wanted, *found))
            return false;
    }
    return !predicate_ || predicate_(candidate);
}

}  // namespace coqmp
