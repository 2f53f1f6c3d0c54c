// A handler that waits in a list of ours.
#ifndef COQMP_SRC_WAITING_HANDLER_HPP
#define COQMP_SRC_WAITING_HANDLER_HPP

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <utility>

namespace coqmp::detail {

/// A handler and the promise that its execution context does not run dry meanwhile.
template <class Signature>
struct waiting_handler
{
    using handler_type = boost::asio::any_completion_handler<Signature>;

    waiting_handler(handler_type waiting, boost::asio::any_io_executor const& fallback)
        : executor(boost::asio::prefer(boost::asio::get_associated_executor(waiting, fallback),
                                       boost::asio::execution::outstanding_work.tracked)),
          handler(std::move(waiting))
    {}

    boost::asio::any_completion_executor executor;
    handler_type handler;
};

}  // namespace coqmp::detail

#endif
