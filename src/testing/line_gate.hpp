// Lets the bytes of a connection pass up to the place of a fault.
#ifndef COQMP_SRC_TESTING_LINE_GATE_HPP
#define COQMP_SRC_TESTING_LINE_GATE_HPP

#include <cstddef>
#include <string_view>

namespace coqmp::testing::detail {

enum class line_fault { none, pause, end, reset };

/// Lets everything pass at first.
class line_gate
{
public:
    line_gate() = default;
    line_gate(line_fault what, std::size_t messages, std::size_t bytes) : what_(what), messages_(messages), bytes_(bytes) {}

    /// How many of these bytes, which come next, may pass.
    [[nodiscard]] std::size_t passable(std::string_view next) const noexcept
    {
        line_gate tried = *this;
        return what_ == line_fault::none ? next.size() : tried.pass(next);
    }

    /// These bytes have passed. @return how many of them may
    std::size_t pass(std::string_view next) noexcept
    {
        std::size_t passed = 0;
        while (what_ != line_fault::none && passed < next.size() && !is_shut()) {
            if (messages_ == 0)
                --bytes_;
            else if (next[passed] == '\n')
                --messages_;
            ++passed;
        }
        return passed;
    }

    /// Whether the place of the fault is reached.
    [[nodiscard]] bool is_shut() const noexcept { return what_ != line_fault::none && messages_ == 0 && bytes_ == 0; }
    [[nodiscard]] line_fault fault() const noexcept { return what_; }

private:
    line_fault what_ = line_fault::none;
    std::size_t messages_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace coqmp::testing::detail

#endif
