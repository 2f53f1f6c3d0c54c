// Numbers that another connection, or an earlier client, does not use.
#ifndef COQMP_SRC_DETAIL_RANDOM_NONCE_HPP
#define COQMP_SRC_DETAIL_RANDOM_NONCE_HPP

#include <cstdint>

namespace coqmp::detail {

/// From any thread.
[[nodiscard]] std::uint64_t random_nonce();

}  // namespace coqmp::detail

#endif
