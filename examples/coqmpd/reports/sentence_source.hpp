// Which machine a sentence of the supervisor's log is about, without I/O.
#ifndef COQMPD_REPORTS_SENTENCE_SOURCE_HPP
#define COQMPD_REPORTS_SENTENCE_SOURCE_HPP

#include <string_view>

namespace coqmpd {

struct sourced_sentence
{
    std::string_view machine;  ///< Empty: it does not begin with the name of a machine.
    std::string_view text;

    friend bool operator==(sourced_sentence const&, sourced_sentence const&) = default;
};

/// Splits `vm7: TEXT`, so that the log can limit the lines of each machine.
/// @return views of the sentence
[[nodiscard]] sourced_sentence split_source(std::string_view sentence);

}  // namespace coqmpd

#endif
