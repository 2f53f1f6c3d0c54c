// Finds the commands in what a client sends.
#ifndef COQMP_SRC_TESTING_COMMAND_READER_HPP
#define COQMP_SRC_TESTING_COMMAND_READER_HPP

#include <coqmp/testing/received_command.hpp>

#include <boost/json/stream_parser.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coqmp::testing::detail {

class command_reader
{
public:
    command_reader();

    void add(std::string_view bytes) { unread_ += bytes; }

    /// Removes the first command, if it is complete.
    /// @throws boost::system::system_error the input is not JSON; call skip_line() to go on
    std::optional<received_command> take();

    /// Drops the input up to the end of the line, or all of it.
    void skip_line();

    /// Whether there is input that take() has not returned.
    [[nodiscard]] bool is_empty() const noexcept { return text_.empty() && unread_.empty(); }
    /// Removes all input that take() has not returned.
    [[nodiscard]] std::string take_rest();

private:
    boost::json::stream_parser parser_;
    std::string text_;  // what the parser has read of the present command
    std::string unread_;
};

}  // namespace coqmp::testing::detail

#endif
