// The candidates for the text at the cursor, and where QEMU has more of them.
#ifndef QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_HPP
#define QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_HPP

#include "language/complete/completion_source.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

struct candidate
{
    std::string text;         ///< what replaces the text from `completion::begin` to the cursor
    std::string description;  ///< a few words: the type, `optional`
    bool final = true;        ///< whether a space may follow (not after `key=`, `a.` or a directory of paths)
};

struct completion
{
    std::size_t begin = 0;  ///< column where the word to be completed begins
    std::vector<candidate> candidates;
    /// Ask QEMU, and add what begins with `prefix`.
    completion_source source = completion_source::none;
    std::string prefix;             ///< what stands between begin and the cursor, without an open quote
    char quote = '\0';              ///< the open quote, or the one that is needed
    bool in_braces = false;         ///< names of members are written `"name": `
    boost::json::object arguments;  ///< what was typed so far, for sources that depend on it
};

/// A text as a value has to be written to be read as that text: in quotes if it needs some.
/// @param quote the one that was typed already, or 0
[[nodiscard]] std::string quoted_word(std::string_view text, char quote = '\0');

}  // namespace qmp_shell

#endif
