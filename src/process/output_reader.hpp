// Reads what a child writes into a pipe.
// Invariant: holds at most a line's limit besides the tail; a child that writes without end keeps neither the executor nor the
// end of the process waiting.
#ifndef COQMP_SRC_PROCESS_OUTPUT_READER_HPP
#define COQMP_SRC_PROCESS_OUTPUT_READER_HPP

#include "detail/unique_fd.hpp"
#include "process/stderr_tail.hpp"

#include <coqmp/output_target.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace coqmp::detail {

/// Keeps the end of an output, and passes its lines to a callback if there is one. Used on its executor, but for tail().
class output_reader : public std::enable_shared_from_this<output_reader>
{
public:
    /// @param pipe non-blocking @param tail bytes of the end to keep
    /// @throws boost::system::system_error the pipe cannot be watched
    output_reader(boost::asio::any_io_executor const& executor, unique_fd pipe, std::size_t tail,
                  output_target::line_callback line);

    /// Reads until the end, or until close().
    void start();

    /// Reads what is there now, which includes all that a child has written that has ended, and stops.
    void finish();
    void close() noexcept;

    /// From any thread.
    [[nodiscard]] std::string tail() const { return tail_.text(); }

private:
    enum class input { more, none_yet, at_end };

    input read();
    void take(std::string_view piece);
    void deliver(std::string_view line);

    boost::asio::posix::stream_descriptor pipe_;
    stderr_tail tail_;
    output_target::line_callback line_;  ///< None once it has thrown.
    std::string unfinished_;             ///< The beginning of a line.
};

}  // namespace coqmp::detail

#endif
