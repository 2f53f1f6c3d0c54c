// A pipe from which a test reads what a program writes.
#ifndef COQMP_TEST_SUPPORT_PIPE_TO_READ_HPP
#define COQMP_TEST_SUPPORT_PIPE_TO_READ_HPP

#include <coqmp/descriptor.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>

namespace coqmp::test {

/// A pipe, and what comes out of it.
class pipe_to_read
{
public:
    pipe_to_read() { BOOST_REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
    ~pipe_to_read() { ::close(ends_[0]); }
    pipe_to_read(pipe_to_read const&) = delete;
    pipe_to_read& operator=(pipe_to_read const&) = delete;

    [[nodiscard]] descriptor writing_end() { return descriptor(ends_[1]); }
    [[nodiscard]] descriptor reading_end() const { return descriptor::duplicate(ends_[0]); }

    /// Until the last writing end is closed.
    [[nodiscard]] std::string read() const
    {
        std::string text;
        std::array<char, 256> buffer{};
        for (::ssize_t size = 0; (size = ::read(ends_[0], buffer.data(), buffer.size())) > 0;)
            text.append(buffer.data(), static_cast<std::size_t>(size));
        return text;
    }

    [[nodiscard]] std::string read_line() const
    {
        std::string text;
        for (char byte = 0; byte != '\n' && ::read(ends_[0], &byte, 1) == 1;)
            text += byte;
        return text;
    }

private:
    std::array<int, 2> ends_{};
};

}  // namespace coqmp::test

#endif
