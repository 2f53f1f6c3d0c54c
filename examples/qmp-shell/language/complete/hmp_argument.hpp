// What the arguments of the human monitor's commands name. Its `help` lists their order, but not what they are.
#ifndef QMP_SHELL_LANGUAGE_COMPLETE_HMP_ARGUMENT_HPP
#define QMP_SHELL_LANGUAGE_COMPLETE_HMP_ARGUMENT_HPP

#include "language/complete/completion.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <string_view>

namespace qmp_shell {

struct hmp_argument
{
    completion_source source = completion_source::none;
    std::size_t begin = 0;          ///< column where what is to be completed begins: a word, or what follows its last comma
    boost::json::object arguments;  ///< what was typed so far, as QMP would have it
    bool final = true;              ///< whether nothing follows it but a space
};

/// @param line up to the cursor
[[nodiscard]] hmp_argument hmp_argument_at(std::string_view line);

}  // namespace qmp_shell

#endif
