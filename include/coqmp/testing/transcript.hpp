// What a session and its peer said to each other.
#ifndef COQMP_TESTING_TRANSCRIPT_HPP
#define COQMP_TESTING_TRANSCRIPT_HPP

#include <coqmp/direction.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coqmp::testing {

/// The messages of one connection, as session_options::trace sees them. As text, a message is a line: `> ` and what the session
/// sent, or `< ` and what it received. Lines that are empty or begin with `#` are comments.
/// @code
/// coqmp::testing::transcript transcript;
/// coqmp::session_options options;
/// options.trace = [&](coqmp::direction way, std::string_view text) { transcript.add(way, text); };
/// ...
/// transcript.save("query-block.qmp");
/// @endcode
/// @par Threads Distinct objects may be used from distinct threads.
/// @see replay()
class transcript
{
public:
    struct message
    {
        direction way = direction::sent;
        std::string text;  ///< JSON on one line.

        friend bool operator==(message const&, message const&) = default;
    };

    /// Adds a message. Its line ends become spaces, which mean the same in JSON.
    void add(direction way, std::string_view text);

    [[nodiscard]] std::vector<message> const& messages() const noexcept { return messages_; }

    /// Reads the text that to_string() returns.
    /// @throws std::runtime_error a line is not a message; the text gives its number
    [[nodiscard]] static transcript parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;

    /// parse() with the text of a file. Blocks.
    /// @throws what parse() throws; std::system_error: the file cannot be read
    [[nodiscard]] static transcript load(std::string const& file);
    /// Writes to_string() to a file, which it replaces. It contains everything that was sent, passwords too. Blocks.
    /// @throws std::system_error: the file cannot be written
    void save(std::string const& file) const;

    friend bool operator==(transcript const&, transcript const&) = default;

private:
    std::vector<message> messages_;
};

}  // namespace coqmp::testing

#endif
