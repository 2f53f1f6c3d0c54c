// The table of `coqmpd --status`, without I/O.
#ifndef COQMPD_REPORTS_STATUS_TABLE_HPP
#define COQMPD_REPORTS_STATUS_TABLE_HPP

#include <boost/json/value.hpp>

#include <string>

namespace coqmpd {

/// A line for each machine below a line of headings. What the daemon sent is escaped.
/// @param machines what `query-machines` returned
/// @throws coqmp::unexpected_value it is not a list of machines
[[nodiscard]] std::string status_table(boost::json::value const& machines);

}  // namespace coqmpd

#endif
