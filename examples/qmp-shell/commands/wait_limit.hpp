// The longest time to wait.
#ifndef QMP_SHELL_COMMANDS_WAIT_LIMIT_HPP
#define QMP_SHELL_COMMANDS_WAIT_LIMIT_HPP

#include "language/words.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

namespace qmp_shell {

class wait_limit
{
public:
    using clock = std::chrono::steady_clock;

    /// Begins now. @param most nothing: forever
    explicit wait_limit(std::optional<std::chrono::milliseconds> most) : most_(most), begin_(clock::now()) {}

    [[nodiscard]] bool reached() const { return most_ && clock::now() - begin_ >= *most_; }

    /// What is left of it, and not more than is asked for.
    [[nodiscard]] std::chrono::nanoseconds left(std::chrono::nanoseconds asked) const
    {
        return most_ ? std::clamp<std::chrono::nanoseconds>(*most_ - (clock::now() - begin_), clock::duration::zero(), asked)
                     : asked;
    }

    /// `2.5 s`
    [[nodiscard]] std::string describe() const { return in_seconds(most_.value_or(std::chrono::milliseconds::zero())); }

private:
    std::optional<std::chrono::milliseconds> most_;
    clock::time_point begin_;
};

}  // namespace qmp_shell

#endif
