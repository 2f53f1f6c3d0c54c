#include "testing/command_reader.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace coqmp::testing::detail {

namespace {

json::parse_options deep()
{
    json::parse_options result;
    result.max_depth = 2048;
    return result;
}

received_command command_of(json::value const& message)
{
    received_command result;
    auto const* const members = message.if_object();
    if (members == nullptr)
        return result;
    result.out_of_band = members->contains("exec-oob");
    if (auto const* const name = members->if_contains(result.out_of_band ? "exec-oob" : "execute"); name && name->is_string())
        result.name = name->get_string().c_str();
    if (auto const* const arguments = members->if_contains("arguments"); arguments && arguments->is_object())
        result.arguments = arguments->get_object();
    if (auto const* const id = members->if_contains("id"))
        result.id = *id;
    return result;
}

}  // namespace

command_reader::command_reader() : parser_(json::storage_ptr(), deep()) {}

std::optional<received_command> command_reader::take()
{
    if (text_.empty())
        unread_.erase(0, std::min(unread_.find_first_not_of(" \t\r\n"), unread_.size()));
    if (unread_.empty())
        return std::nullopt;
    std::size_t const used = parser_.write_some(unread_);
    text_.append(unread_, 0, used);
    unread_.erase(0, used);
    if (!parser_.done())
        return std::nullopt;
    received_command result = command_of(parser_.release());
    parser_.reset();
    result.text = std::exchange(text_, {});
    return result;
}

void command_reader::skip_line()
{
    parser_.reset();
    text_.clear();
    std::size_t const end = unread_.find('\n');
    unread_.erase(0, end == std::string::npos ? end : end + 1);
}

std::string command_reader::take_rest()
{
    parser_.reset();
    return std::exchange(text_, {}) + std::exchange(unread_, {});
}

}  // namespace coqmp::testing::detail
