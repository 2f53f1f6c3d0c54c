#include "reports/sentence_source.hpp"

#include "machines/machine_name.hpp"

#include <cstddef>

namespace coqmpd {

sourced_sentence split_source(std::string_view sentence)
{
    constexpr std::string_view separator = ": ";
    std::size_t const end = sentence.find(separator);
    if (end == std::string_view::npos || !find_name_problem(sentence.substr(0, end)).empty())
        return {{}, sentence};
    return {sentence.substr(0, end), sentence.substr(end + separator.size())};
}

}  // namespace coqmpd
