// The difference between what a client sends and what it sent when its transcript was recorded.
#ifndef COQMP_TESTING_TRANSCRIPT_MISMATCH_HPP
#define COQMP_TESTING_TRANSCRIPT_MISMATCH_HPP

#include <cstddef>
#include <stdexcept>
#include <string>

namespace coqmp::testing {

/// Thrown by replay(). what() holds all three.
class transcript_mismatch : public std::runtime_error
{
public:
    transcript_mismatch(std::size_t message, std::string expected, std::string received);

    /// The number of the message in the transcript, from 1.
    [[nodiscard]] std::size_t message() const noexcept { return message_; }
    /// What the client sent when the transcript was recorded.
    [[nodiscard]] std::string const& expected() const noexcept { return expected_; }
    /// What it sent now. Empty: it disconnected.
    [[nodiscard]] std::string const& received() const noexcept { return received_; }

private:
    std::size_t message_;
    std::string expected_;
    std::string received_;
};

}  // namespace coqmp::testing

#endif
