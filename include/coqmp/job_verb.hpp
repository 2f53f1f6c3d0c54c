// What a client can ask of a job.
#ifndef COQMP_JOB_VERB_HPP
#define COQMP_JOB_VERB_HPP

namespace coqmp {

/// What a client can ask of a job; QEMU calls them verbs, too. See the functions of job with these names.
enum class job_verb { pause, resume, complete, finalize, cancel, dismiss };

}  // namespace coqmp

#endif
