// Files that a child writes its output to.
#ifndef COQMP_SRC_PROCESS_OUTPUT_FILE_HPP
#define COQMP_SRC_PROCESS_OUTPUT_FILE_HPP

#include "detail/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace coqmp::detail {

/// Opens a file that is created (mode 0600) if it does not exist. Does not wait for the reader of a FIFO.
/// @throws std::runtime_error
[[nodiscard]] unique_fd open_for_appending(std::string const& path);

/// What is appended to a file from now on.
class appended_text
{
public:
    appended_text() noexcept = default;

    /// @param number a descriptor; unless it is that of a regular file, there will be no text
    explicit appended_text(int number) noexcept;

    /// At most the last bytes. Reads the file. @param limit in bytes
    [[nodiscard]] std::string end(std::size_t limit) const;

private:
    unique_fd file_;
    std::int64_t begin_ = 0;
};

}  // namespace coqmp::detail

#endif
