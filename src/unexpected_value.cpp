#include <coqmp/unexpected_value.hpp>

#include "detail/harmless_text.hpp"

#include <coqmp/detail/value_place.hpp>

#include <utility>

namespace coqmp {

unexpected_value::unexpected_value(std::string origin, std::string path, std::string reason)
    : boost::system::system_error(make_error_code(errc::unexpected_value)),
      origin_(std::move(origin)),
      path_(std::move(path)),
      reason_(std::move(reason))
{
    std::string text = origin_;
    for (std::string const* part : {&path_, &reason_})
        text += (text.empty() || part->empty() ? "" : ": ") + *part;
    what_ = detail::harmless(text);
}

namespace detail {

std::string path_to(value_place const& place)
{
    if (place.outer == nullptr)
        return {};
    std::string path = path_to(*place.outer);
    if (place.index)
        return path + '[' + std::to_string(*place.index) + ']';
    return path.append(path.empty() ? "" : ".").append(place.name);
}

void fail_decoding(value_place const& place, std::string reason)
{
    value_place const* origin = &place;
    while (origin->outer != nullptr)
        origin = origin->outer;
    throw unexpected_value(std::string(origin->name), path_to(place), std::move(reason));
}

}  // namespace detail

}  // namespace coqmp
