#include <coqmp/testing/transcript_mismatch.hpp>

#include <utility>

namespace coqmp::testing {

transcript_mismatch::transcript_mismatch(std::size_t message, std::string expected, std::string received)
    : std::runtime_error("message " + std::to_string(message) + " of the transcript is " + expected + ", but the client " +
                         (received.empty() ? "has disconnected" : "has sent " + received)),
      message_(message),
      expected_(std::move(expected)),
      received_(std::move(received))
{}

}  // namespace coqmp::testing
