// A text that the parser delivers in parts, because it is long, has escapes, or is split between two inputs.
// Invariant: the parts that are kept belong to one text.
#ifndef COQMP_SRC_PROTOCOL_SPLIT_TEXT_HPP
#define COQMP_SRC_PROTOCOL_SPLIT_TEXT_HPP

#include <string>
#include <string_view>

namespace coqmp::protocol {

class split_text
{
public:
    /// Keeps a part that others will follow.
    void append(std::string_view part);

    /// Ends the text. @return all of it, valid until the next call; a text of one part is not copied
    [[nodiscard]] std::string_view finish(std::string_view last_part) { return has_parts_ ? joined(last_part) : last_part; }

    /// Drops the parts of a text that is not needed.
    void drop() noexcept { has_parts_ = false; }

    /// Frees the memory if it is too much to keep for the next message.
    void free_large_buffer() noexcept;

private:
    [[nodiscard]] std::string_view joined(std::string_view last_part);  // not inline, because it is rare

    std::string parts_;
    bool has_parts_ = false;
};

}  // namespace coqmp::protocol

#endif
