// A system_error with a custom what(): Boost's would append the category's generic message.
#ifndef COQMP_SRC_DETAIL_EXPLAINED_ERROR_HPP
#define COQMP_SRC_DETAIL_EXPLAINED_ERROR_HPP

#include "detail/harmless_text.hpp"

#include <boost/system/system_error.hpp>

#include <string>

namespace coqmp::detail {

/// Caught as a system_error. Its what() is only the text that it is made with.
class explained_error : public boost::system::system_error
{
public:
    /// @param why may quote the rejected input, and so contain any bytes
    explained_error(boost::system::error_code code, std::string const& why) : system_error(code), why_(harmless(why)) {}

    [[nodiscard]] char const* what() const noexcept override { return why_.c_str(); }

private:
    std::string why_;
};

}  // namespace coqmp::detail

#endif
