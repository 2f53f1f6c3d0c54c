#include <coqmp/reply.hpp>

#include "detail/print_json.hpp"

#include <ostream>
#include <string>

namespace coqmp {

reply& reply::operator=(reply&& other) noexcept
{
    if (this == &other)
        return *this;
    if (other.has_value())
        outcome_.emplace<0>(std::move(std::get<0>(other.outcome_)));
    else
        outcome_.emplace<1>(std::move(std::get<1>(other.outcome_)));
    return *this;
}

namespace {

// A reply does not know which command it answers: the name stays empty, and what() begins with the class.
void throw_if_error(reply const& answer)
{
    if (answer.has_error())
        throw command_failed(std::string(), answer.error());
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

std::ostream& operator<<(std::ostream& out, reply const& answer)
{
    if (answer.has_error())
        return out << answer.error();
    return out << detail::json_text(answer.value());
}

}  // namespace coqmp
