// Includes all of coqmp's headers.
#ifndef COQMP_COQMP_HPP
#define COQMP_COQMP_HPP

#include <coqmp/command.hpp>
#include <coqmp/command_error.hpp>
#include <coqmp/command_failed.hpp>
#include <coqmp/command_ids.hpp>
#include <coqmp/descriptor.hpp>
#include <coqmp/direction.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/exit_status.hpp>
#include <coqmp/greeting.hpp>
#include <coqmp/listener.hpp>
#include <coqmp/listener_options.hpp>
#include <coqmp/log_level.hpp>
#include <coqmp/machine.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/session.hpp>
#include <coqmp/session_counters.hpp>
#include <coqmp/session_end.hpp>
#include <coqmp/session_options.hpp>
#include <coqmp/start_diagnostics.hpp>
#include <coqmp/start_failed.hpp>
#include <coqmp/version.hpp>

#endif
