// Everything.
#ifndef COQMP_COQMP_HPP
#define COQMP_COQMP_HPP

#include <coqmp/command.hpp>
#include <coqmp/descriptor.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/exit_status.hpp>
#include <coqmp/greeting.hpp>
#include <coqmp/listener.hpp>
#include <coqmp/listener_options.hpp>
#include <coqmp/machine.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/session.hpp>
#include <coqmp/session_options.hpp>
#include <coqmp/start_diagnostics.hpp>
#include <coqmp/start_failed.hpp>

#endif
