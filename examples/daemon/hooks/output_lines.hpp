// Splits a program's output into lines for the log, of limited length and number, without I/O.
#ifndef COQMP_DAEMON_HOOKS_OUTPUT_LINES_HPP
#define COQMP_DAEMON_HOOKS_OUTPUT_LINES_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp_daemon {

struct output_limits
{
    std::size_t line = 1000;  ///< Bytes; the rest of a longer line is left out.
    std::size_t lines = 50;   ///< Further lines are only counted.
};

class output_lines
{
public:
    explicit output_lines(output_limits const& limits) : limits_(limits) {}

    /// Takes bytes as they arrive. @return the lines that they complete; what the program wrote is not escaped
    [[nodiscard]] std::vector<std::string> add(std::string_view bytes);
    /// The output has ended. @return the last line, if it did not end with a newline
    [[nodiscard]] std::vector<std::string> finish();

    [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }

private:
    void extend(std::string_view part);
    void complete(std::vector<std::string>& into);

    output_limits limits_;
    std::string line_;
    bool is_cut_ = false;
    std::size_t count_ = 0;
    std::uint64_t left_out_ = 0;
};

}  // namespace coqmp_daemon

#endif
