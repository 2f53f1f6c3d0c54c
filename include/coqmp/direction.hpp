// Which way a message went.
#ifndef COQMP_DIRECTION_HPP
#define COQMP_DIRECTION_HPP

namespace coqmp {

/// Which way a traced message went.
enum class direction { sent, received };

}  // namespace coqmp

#endif
