#include <coqmp/schema_problem.hpp>

#include "detail/harmless_text.hpp"

#include <coqmp/similar_names.hpp>

#include <ostream>

namespace coqmp {

std::string schema_problem::message() const
{
    std::string text = origin;
    for (std::string const& part : {path, reason, did_you_mean(suggestions)})
        text += (text.empty() || part.empty() ? "" : ": ") + part;
    return detail::harmless(text);
}

std::ostream& operator<<(std::ostream& out, schema_problem const& problem)
{
    return out << problem.message();
}

}  // namespace coqmp
