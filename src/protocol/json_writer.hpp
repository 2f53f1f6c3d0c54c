// Writes JSON that QEMU can read as one message, checked in the same pass.
// Invariant: every function returns false if it fails; the output is then incomplete, and refusal() gives the reason.
#ifndef COQMP_SRC_PROTOCOL_JSON_WRITER_HPP
#define COQMP_SRC_PROTOCOL_JSON_WRITER_HPP

#include <coqmp/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace coqmp::protocol {

/// Appends JSON of at most 1,024 levels of nesting and 2 Mi tokens, with finite numbers and without Unicode noncharacters.
class json_writer
{
public:
    /// @param max_size of all that is appended, in bytes
    json_writer(std::string& output, std::size_t max_size) noexcept : output_(output), start_(output.size()), max_size_(max_size)
    {}

    bool punctuation(char token)
    {
        output_ += token;
        return counted();
    }

    /// Appends several tokens at once whose text needs no check.
    bool tokens(std::string_view text, std::size_t number)
    {
        output_ += text;
        tokens_ += number;
        return within_limits();
    }

    bool member(std::string_view key) { return text(key) && punctuation(':'); }

    bool text(std::string_view characters);

    /// @param level of nesting, which is 1 for the whole message
    bool object(boost::json::object const& members, std::size_t level);

    [[nodiscard]] errc refusal() const noexcept { return refusal_; }

private:
    bool value(boost::json::value const& any, std::size_t level);
    bool array(boost::json::array const& elements, std::size_t level);
    bool real(double number);
    bool word(std::string_view token);
    /// Appends the first character, which is not plain, and removes it.
    bool special(std::string_view& characters);
    bool escaped(char character);
    template <class Number>
    bool written_number(Number number);

    bool counted();
    bool within_limits();
    bool refuse(errc reason) noexcept;

    std::string& output_;
    std::size_t start_;
    std::size_t max_size_;
    std::size_t tokens_ = 0;
    errc refusal_{};
};

}  // namespace coqmp::protocol

#endif
