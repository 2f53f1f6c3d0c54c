#include <coqmp/reply.hpp>

#include <coqmp/command_failed.hpp>

#include "detail/print_json.hpp"

#include <boost/system/errc.hpp>

#include <ostream>
#include <string>

namespace coqmp {

reply reply::unanswered(bool was_sent) noexcept
{
    reply result;
    result.was_sent_ = was_sent;
    return result;
}

reply& reply::operator=(reply&& other) noexcept
{
    if (this == &other)
        return *this;
    if (other.has_value())
        outcome_.emplace<0>(std::move(std::get<0>(other.outcome_)));
    else
        outcome_.emplace<1>(std::move(std::get<1>(other.outcome_)));
    was_sent_ = other.was_sent_;
    return *this;
}

namespace {

// A reply does not know which command it answers: the name stays empty, and what() begins with the class.
void throw_if_error(reply const& answer)
{
    if (answer.has_error())
        throw command_failed(std::string(), answer.error());
}

void throw_if_value(reply const& answer)
{
    if (!answer.has_error())
        throw boost::system::system_error(make_error_code(boost::system::errc::invalid_argument),
                                          "the reply holds a value, not an error");
}

}  // namespace

boost::json::value const& reply::value() const&
{
    throw_if_error(*this);
    return std::get<boost::json::value>(outcome_);
}

boost::json::value& reply::value() &
{
    throw_if_error(*this);
    return std::get<boost::json::value>(outcome_);
}

boost::json::value&& reply::value() &&
{
    throw_if_error(*this);
    return std::get<boost::json::value>(std::move(outcome_));
}

command_error const& reply::error() const&
{
    throw_if_value(*this);
    return std::get<command_error>(outcome_);
}

command_error&& reply::error() &&
{
    throw_if_value(*this);
    return std::get<command_error>(std::move(outcome_));
}

std::ostream& operator<<(std::ostream& out, reply const& answer)
{
    if (answer.has_error())
        return out << answer.error();
    return out << detail::json_text(answer.value());
}

}  // namespace coqmp
