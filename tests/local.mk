# Tests. `make check` runs unit tests, the seeds of the fuzz targets and the quick lints;
# `make check-e2e` the whole daemon, `make lint` all lints, `make fuzz` the fuzzers (--enable-fuzzers).
#
# A new test file of a folder: one line in its _SOURCES; SUITE() in the file does the rest.
# A new folder: its program in UNIT_TESTS, its _SOURCES, and its _LDADD, which names the folder's library
# and those that tests/lint/layers.txt lets it include, so that the linker holds the layers too.
# Doubles that several folders' tests use belong in tests/fake.

AM_CFLAGS += $(CHECK_CFLAGS)

UNIT = tests/unit/unit.c tests/unit/unit.h
LINK_BASE = src/base/libbase.a
LINK_MODEL = src/model/libmodel.a $(LINK_BASE) $(IDN2_LIBS) $(CURL_LIBS) $(GLIB_LIBS)
LINK_WIRE = src/wire/libwire.a $(LINK_MODEL) $(JANSSON_LIBS)
LINK_CTL = src/ctl/libctl.a $(LINK_WIRE) $(CRYPTO_LIBS)
LINK_LOOP = src/loop/libloop.a $(LINK_BASE) $(EVENT_LIBS)
LINK_HTTP = src/http/libhttp.a $(LINK_BASE)
LINK_DNS = src/dns/libdns.a src/loop/libloop.a $(LINK_MODEL) $(EVENT_LIBS)
LINK_CHECK = src/check/libcheck.a src/dns/libdns.a src/loop/libloop.a $(LINK_MODEL) $(EVENT_LIBS) $(XXHASH_LIBS)
LINK_FETCH = src/fetch/libfetch.a $(LINK_CHECK) $(CRYPTO_LIBS)
LINK_REGISTRATION = src/registration/libregistration.a src/wire/libwire.a $(LINK_FETCH) $(PSL_LIBS)
LINK_CORE = src/core/libcore.a src/schedules/libschedules.a src/intake/libintake.a src/callbacks/libcallbacks.a src/jobs/libjobs.a
LINK_STORE = src/sqlite/libbackend.a src/store/libstore.a src/loop/libloop.a $(LINK_WIRE) $(EVENT_LIBS) $(SQLITE_LIBS)

UNIT_TESTS = \
	tests/unit/api/test_api \
	tests/unit/base/test_base \
	tests/unit/daemon/test_daemon \
	tests/unit/core/test_core \
	tests/unit/ctl/test_ctl \
	tests/unit/check/test_check \
	tests/unit/dns/test_dns_long \
	tests/unit/fetch/test_fetch \
	tests/unit/fetch/test_origin \
	tests/unit/http/test_http \
	tests/unit/intake/test_intake \
	tests/unit/jobs/test_jobs \
	tests/unit/loop/test_loop \
	tests/unit/model/test_model \
	tests/unit/registration/test_registration \
	tests/unit/store/test_store \
	tests/unit/wire/test_wire

tests_unit_base_test_base_SOURCES = $(UNIT) \
	tests/unit/base/test_alloc.c \
	tests/unit/base/test_buf.c \
	tests/unit/base/test_clock.c \
	tests/unit/base/test_err.c \
	tests/unit/base/test_hex.c \
	tests/unit/base/test_id.c \
	tests/unit/base/test_log.c \
	tests/unit/base/test_metrics.c \
	tests/unit/base/test_process.c \
	tests/unit/base/test_random.c \
	tests/unit/base/test_small_file.c \
	tests/unit/base/test_stdfd.c \
	tests/unit/base/test_str.c \
	tests/unit/base/test_utf8.c
tests_unit_base_test_base_LDADD = $(LINK_BASE) $(CHECK_LIBS)

tests_unit_loop_test_loop_SOURCES = $(UNIT) \
	tests/unit/loop/test_alarm.c \
	tests/unit/loop/test_loop.c \
	tests/unit/loop/test_mailbox.c \
	tests/unit/loop/test_offload.c
tests_unit_loop_test_loop_LDADD = $(LINK_LOOP) $(CHECK_LIBS)

tests_unit_http_test_http_SOURCES = $(UNIT) \
	tests/unit/http/test_accept.c \
	tests/unit/http/test_access.c \
	tests/unit/http/test_tokens.c \
	tests/unit/http/feeding.c tests/unit/http/feeding.h \
	tests/unit/http/test_bodies.c \
	tests/unit/http/test_fields.c \
	tests/unit/http/test_reader.c \
	tests/unit/http/test_request_line.c \
	tests/unit/http/test_transport.c
tests_unit_http_test_http_LDADD = src/http/libhttp.a $(LINK_MODEL) $(CRYPTO_LIBS) $(CHECK_LIBS)

tests_unit_model_test_model_SOURCES = $(UNIT) \
	tests/unit/model/test_bucket.c \
	tests/unit/model/test_check_spec.c \
	tests/unit/model/test_server_set.c \
	tests/unit/model/test_chunk.c \
	tests/unit/model/test_codes.c \
	tests/unit/model/test_cron.c \
	tests/unit/model/test_cron_oracle.c \
	tests/unit/model/test_disposition.c \
	tests/unit/model/test_file.c \
	tests/unit/model/test_file_name.c \
	tests/unit/model/test_job.c \
	tests/unit/model/test_job_filter.c \
	tests/unit/model/test_pace.c \
	tests/unit/model/test_pattern.c \
	tests/unit/model/test_recurrence.c \
	tests/unit/model/test_result.c \
	tests/unit/model/test_records.c \
	tests/unit/model/test_reverse.c \
	tests/unit/model/test_rrtype.c \
	tests/unit/model/test_spec.c \
	tests/unit/model/test_state.c \
	tests/unit/model/test_tagged.c \
	tests/unit/model/test_target.c \
	tests/unit/model/test_url.c \
	tests/unit/model/test_url_ref.c \
	tests/unit/model/test_window.c \
	tests/unit/model/test_zone.c
tests_unit_model_test_model_LDADD = $(LINK_MODEL) $(CHECK_LIBS)

tests_unit_store_test_store_SOURCES = $(UNIT) \
	tests/unit/store/world.c tests/unit/store/world.h \
	tests/unit/store/test_damage.c \
	tests/unit/store/test_outbox.c \
	tests/unit/store/test_schema.c \
	tests/unit/store/test_sqlite_files.c \
	tests/unit/store/test_sqlite_life.c \
	tests/unit/store/test_sqlite_read.c \
	tests/unit/store/test_sqlite_schedule.c \
	tests/unit/store/test_sqlite_retention.c \
	tests/unit/store/test_sqlite_write.c \
	tests/unit/store/test_store.c \
	tests/unit/store/test_unclean.c \
	tests/unit/store/test_writer.c
tests_unit_store_test_store_LDADD = $(LINK_STORE) $(CHECK_LIBS)

tests_unit_wire_test_wire_SOURCES = $(UNIT) \
	tests/unit/wire/describe.c tests/unit/wire/describe.h \
	tests/unit/wire/samples.c tests/unit/wire/samples.h \
	tests/unit/wire/test_cells.c \
	tests/unit/wire/test_file_row.c \
	tests/unit/wire/test_grid.c \
	tests/unit/wire/test_flag_metadata.c \
	tests/unit/wire/test_json_check.c \
	tests/unit/wire/test_json_job.c \
	tests/unit/wire/test_json_text.c \
	tests/unit/wire/test_jvalue.c \
	tests/unit/wire/test_lines.c \
	tests/unit/wire/test_problem.c \
	tests/unit/wire/test_problem_parse.c \
	tests/unit/wire/test_record.c \
	tests/unit/wire/test_records_row.c \
	tests/unit/wire/test_result_text.c \
	tests/unit/wire/test_schedule.c \
	tests/unit/wire/test_submission.c \
	tests/unit/wire/test_submission_files.c \
	tests/unit/wire/test_tar.c \
	tests/unit/wire/test_url_item.c
tests_unit_wire_test_wire_LDADD = $(LINK_WIRE) $(CHECK_LIBS)

tests_unit_api_test_api_SOURCES = $(UNIT) \
	tests/unit/api/test_gzip.c \
	tests/unit/api/test_range.c
tests_unit_api_test_api_LDADD = src/api/libapi.a $(LINK_BASE) $(ZLIB_LIBS) $(CHECK_LIBS)

tests_unit_daemon_test_daemon_SOURCES = $(UNIT) \
	tests/unit/daemon/folder.c tests/unit/daemon/folder.h \
	tests/unit/daemon/test_conf.c \
	tests/unit/daemon/test_conf_value.c \
	tests/unit/daemon/test_secret.c \
	tests/unit/daemon/test_state_dir.c
tests_unit_daemon_test_daemon_LDADD = src/daemon/libdaemon.a src/registration/libregistration.a $(LINK_FETCH) $(INIH_LIBS) $(CHECK_LIBS)
tests_unit_ctl_test_ctl_SOURCES = $(UNIT) \
	tests/unit/ctl/hostile.c tests/unit/ctl/hostile.h \
	tests/unit/ctl/output.c tests/unit/ctl/output.h \
	tests/unit/ctl/test_args.c \
	tests/unit/ctl/test_backoff.c \
	tests/unit/ctl/test_fields.c \
	tests/unit/ctl/test_http.c \
	tests/unit/ctl/test_jobs.c \
	tests/unit/ctl/test_line_reader.c \
	tests/unit/ctl/test_message.c \
	tests/unit/ctl/test_option.c \
	tests/unit/ctl/test_progress.c \
	tests/unit/ctl/test_rows.c \
	tests/unit/ctl/test_view.c \
	tests/unit/ctl/test_view_schedule.c
tests_unit_ctl_test_ctl_LDADD = $(LINK_CTL) $(CHECK_LIBS)

tests_unit_jobs_test_jobs_SOURCES = $(UNIT) \
	tests/fake/alarm.c tests/fake/alarm.h \
	tests/fake/runner.c tests/fake/runner.h tests/fake/leap.h \
	tests/unit/jobs/test_agenda.c \
	tests/unit/jobs/test_due_heap.c \
	tests/unit/jobs/test_waiting.c
tests_unit_jobs_test_jobs_LDADD = src/jobs/libjobs.a src/loop/libloop.a $(LINK_WIRE) $(EVENT_LIBS) $(CHECK_LIBS)

tests_unit_intake_test_intake_SOURCES = $(UNIT) \
	tests/unit/intake/test_dedup.c \
	tests/unit/intake/test_intake.c \
	tests/unit/intake/test_intake_files.c \
	tests/unit/intake/test_file_names.c \
	tests/unit/intake/test_presets.c \
	tests/unit/intake/test_words.c
tests_unit_intake_test_intake_LDADD = src/intake/libintake.a src/loop/libloop.a $(LINK_WIRE) $(EVENT_LIBS) $(XXHASH_LIBS) $(CHECK_LIBS)

# The rooms that work on jobs, joined, with checks and a store that do what the test tells them.
tests_unit_core_test_core_SOURCES = $(UNIT) \
	tests/fake/alarm.c tests/fake/alarm.h \
	tests/fake/checks.c tests/fake/checks.h \
	tests/fake/fetcher.c tests/fake/fetcher.h \
	tests/fake/registration.c \
	tests/fake/outbox.c tests/fake/outbox.h \
	tests/fake/poster.c tests/fake/poster.h \
	tests/fake/job.c tests/fake/job.h \
	tests/fake/runner.c tests/fake/runner.h tests/fake/leap.h \
	tests/fake/schedules.c tests/fake/schedules.h \
	tests/fake/store.c tests/fake/store.h tests/fake/store_private.h tests/fake/store_list.c tests/fake/store_unclean.c \
	tests/fake/leap.c \
	tests/fake/watched.c tests/fake/watched.h \
	tests/unit/core/bench.c tests/unit/core/bench.h \
	tests/unit/core/callbacks_bench.c tests/unit/core/callbacks_bench.h \
	tests/unit/core/test_bulk.c \
	tests/unit/core/test_careful.c \
	tests/unit/core/test_careful_callbacks.c \
	tests/unit/core/test_doubts.c \
	tests/unit/core/test_callbacks.c \
	tests/unit/core/test_callbacks_turns.c \
	tests/unit/core/test_lane.c \
	tests/unit/core/test_life.c \
	tests/unit/core/test_priority.c \
	tests/unit/core/test_recover.c \
	tests/unit/core/test_refusals.c \
	tests/unit/core/test_retention.c \
	tests/unit/core/test_retry.c \
	tests/unit/core/test_sched.c \
	tests/unit/core/test_sched_files.c \
	tests/unit/core/test_schedules.c \
	tests/unit/core/test_schedules_answers.c \
	tests/unit/core/test_submit.c \
	tests/unit/core/test_submit_files.c
# Of the store's library only how operations are made.
tests_unit_core_test_core_LDADD = $(LINK_CORE) src/store/libstore.a src/loop/libloop.a $(LINK_WIRE) $(EVENT_LIBS) \
	$(XXHASH_LIBS) $(CHECK_LIBS)

# ldns judges what is read and printed.
tests_unit_dns_test_dns_SOURCES = $(UNIT) \
	tests/fake/runner.c tests/fake/runner.h tests/fake/leap.h \
	tests/unit/dns/packet.c tests/unit/dns/packet.h \
	tests/unit/dns/script.c tests/unit/dns/script.h \
	tests/unit/dns/world.c tests/unit/dns/world.h \
	tests/unit/dns/test_answer.c \
	tests/unit/dns/test_engine.c \
	tests/unit/dns/test_health.c \
	tests/unit/dns/test_ldns.c \
	tests/unit/dns/test_message.c \
	tests/unit/dns/test_name.c \
	tests/unit/dns/test_network.c \
	tests/unit/dns/test_protocol.c \
	tests/unit/dns/test_query.c \
	tests/unit/dns/test_rdata.c \
	tests/unit/dns/test_sockets.c \
	tests/unit/dns/test_strays.c \
	tests/unit/dns/test_tcp.c \
	tests/unit/dns/test_wheel.c
tests_unit_dns_test_dns_CFLAGS = $(AM_CFLAGS) $(LDNS_CFLAGS)
tests_unit_dns_test_dns_LDADD = $(LINK_DNS) $(LDNS_LIBS) $(CHECK_LIBS)

# What takes the engine long, under clocks that leap.
tests_unit_dns_test_dns_long_SOURCES = $(UNIT) \
	tests/fake/leap.c tests/fake/leap.h \
	tests/fake/runner.c tests/fake/runner.h \
	tests/unit/dns/packet.c tests/unit/dns/packet.h \
	tests/unit/dns/script.c tests/unit/dns/script.h \
	tests/unit/dns/world.c tests/unit/dns/world.h \
	tests/unit/dns/test_pace.c \
	tests/unit/dns/test_verdicts.c
tests_unit_dns_test_dns_long_LDADD = $(LINK_DNS) $(CHECK_LIBS)

tests_unit_check_test_check_SOURCES = $(UNIT) \
	tests/fake/dns.c tests/fake/dns.h \
	tests/fake/runner.c tests/fake/runner.h tests/fake/leap.h \
	tests/unit/check/test_cut.c \
	tests/fake/leap.c \
	tests/unit/check/test_checker_pool.c \
	tests/unit/check/test_hosts.c \
	tests/unit/check/test_levels.c \
	tests/unit/check/test_resolv_conf.c \
	tests/unit/check/test_resolve.c \
	tests/unit/check/test_server_list.c \
	tests/unit/check/test_wildcards.c
tests_unit_check_test_check_LDADD = $(LINK_CHECK) $(CHECK_LIBS)

tests_unit_fetch_test_fetch_SOURCES = $(UNIT) \
	tests/fake/dns.c tests/fake/dns.h \
	tests/fake/http.c tests/fake/http.h \
	tests/fake/runner.c tests/fake/runner.h tests/fake/leap.h \
	tests/unit/fetch/fetch_bench.c tests/unit/fetch/fetch_bench.h \
	tests/unit/fetch/place.c tests/unit/fetch/place.h \
	tests/unit/fetch/sink_bench.c tests/unit/fetch/sink_bench.h \
	tests/unit/fetch/test_address_order.c \
	tests/unit/fetch/test_answer_head.c \
	tests/unit/fetch/test_draft.c \
	tests/unit/fetch/test_fetch.c \
	tests/unit/fetch/test_fetch_cancel.c \
	tests/unit/fetch/test_fetch_save.c \
	tests/unit/fetch/test_folder.c \
	tests/unit/fetch/test_folder_owner.c \
	tests/unit/fetch/test_policy.c \
	tests/unit/fetch/test_policy_servers.c \
	tests/unit/fetch/test_post.c \
	tests/unit/fetch/test_race.c \
	tests/unit/fetch/test_signature.c \
	tests/unit/fetch/test_sink.c \
	tests/unit/fetch/test_sink_names.c \
	tests/unit/fetch/test_transfer.c \
	tests/unit/fetch/test_transfer_answers.c \
	tests/unit/fetch/transfer_bench.c tests/unit/fetch/transfer_bench.h
tests_unit_fetch_test_fetch_LDADD = $(LINK_FETCH) $(CHECK_LIBS)

# with races that a test decides
tests_unit_fetch_test_origin_SOURCES = $(UNIT) \
	tests/fake/dns.c tests/fake/dns.h \
	tests/fake/race.c tests/fake/race.h \
	tests/fake/runner.c tests/fake/runner.h \
	tests/unit/fetch/origin_bench.c tests/unit/fetch/origin_bench.h \
	tests/unit/fetch/test_origin.c \
	tests/unit/fetch/test_origin_window.c \
	tests/unit/fetch/test_way.c
tests_unit_fetch_test_origin_LDADD = $(LINK_FETCH) $(CHECK_LIBS)

tests_unit_registration_test_registration_SOURCES = $(UNIT) \
	tests/unit/registration/test_budget.c \
	tests/unit/registration/test_host_notes.c \
	tests/unit/registration/test_rates.c \
	tests/unit/registration/test_rdap.c \
	tests/unit/registration/test_rdap_cache.c \
	tests/unit/registration/test_registries.c \
	tests/unit/registration/test_suffix.c \
	tests/unit/registration/test_for_sale.c \
	tests/unit/registration/test_tlds.c \
	tests/unit/registration/test_verdict.c
tests_unit_registration_test_registration_LDADD = $(LINK_REGISTRATION) $(CHECK_LIBS)

if HAVE_LDNS
UNIT_TESTS += tests/unit/dns/test_dns
endif
if HAVE_CHECK
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

# A day of schedules under clocks that leap; `make check-day` lives it.
EXTRA_PROGRAMS += tests/sim/day
tests_sim_day_SOURCES = tests/sim/day.c \
	tests/fake/checks.c tests/fake/checks.h \
	tests/fake/fetcher.c tests/fake/fetcher.h \
	tests/fake/registration.c \
	tests/fake/poster.c tests/fake/poster.h \
	tests/fake/runner.c tests/fake/runner.h tests/fake/leap.h
tests_sim_day_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_mono -Wl,--wrap=clock_wall
tests_sim_day_LDADD = $(LINK_CORE) $(LINK_STORE) $(XXHASH_LIBS) $(CHECK_LIBS)
CLEANFILES += tests/sim/day$(EXEEXT)
check-day: tests/sim/day$(EXEEXT)
	tests/sim/day 24

# Fuzz targets: a source, a folder of seeds of its name, and the lines below. Without libFuzzer they run over files.
FUZZ_TARGETS = \
	tests/fuzz/fuzz_cron \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_dns_message \
	tests/fuzz/fuzz_dns_tcp \
	tests/fuzz/fuzz_lines \
	tests/fuzz/fuzz_log \
	tests/fuzz/fuzz_problem \
	tests/fuzz/fuzz_query \
	tests/fuzz/fuzz_range \
	tests/fuzz/fuzz_rdap \
	tests/fuzz/fuzz_reader \
	tests/fuzz/fuzz_record \
	tests/fuzz/fuzz_submission \
	tests/fuzz/fuzz_target \
	tests/fuzz/fuzz_transfer \
	tests/fuzz/fuzz_url \
	tests/fuzz/fuzz_view
if FUZZERS
FUZZ_MAIN = tests/fuzz/fuzz.h
FUZZ_FLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
FUZZ_MAIN = tests/fuzz/fuzz.h tests/fuzz/replay.c
FUZZ_FLAGS = $(AM_LDFLAGS)
endif
tests_fuzz_fuzz_cron_SOURCES = tests/fuzz/fuzz_cron.c $(FUZZ_MAIN)
tests_fuzz_fuzz_cron_LDADD = $(LINK_MODEL)
tests_fuzz_fuzz_cron_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c $(FUZZ_MAIN)
tests_fuzz_fuzz_json_LDADD = $(LINK_WIRE)
tests_fuzz_fuzz_json_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_dns_message_SOURCES = tests/fuzz/fuzz_dns_message.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dns_message_LDADD = $(LINK_DNS)
tests_fuzz_fuzz_dns_message_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_dns_tcp_SOURCES = tests/fuzz/fuzz_dns_tcp.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dns_tcp_LDADD = $(LINK_DNS)
tests_fuzz_fuzz_dns_tcp_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_lines_SOURCES = tests/fuzz/fuzz_lines.c $(FUZZ_MAIN)
tests_fuzz_fuzz_lines_LDADD = $(LINK_WIRE)
tests_fuzz_fuzz_lines_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_log_SOURCES = tests/fuzz/fuzz_log.c $(FUZZ_MAIN)
tests_fuzz_fuzz_log_LDADD = $(LINK_WIRE)
tests_fuzz_fuzz_log_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_rdap_SOURCES = tests/fuzz/fuzz_rdap.c $(FUZZ_MAIN)
tests_fuzz_fuzz_rdap_LDADD = $(LINK_REGISTRATION)
tests_fuzz_fuzz_rdap_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_problem_SOURCES = tests/fuzz/fuzz_problem.c $(FUZZ_MAIN)
tests_fuzz_fuzz_problem_LDADD = $(LINK_WIRE)
tests_fuzz_fuzz_problem_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_query_SOURCES = tests/fuzz/fuzz_query.c $(FUZZ_MAIN)
tests_fuzz_fuzz_query_LDADD = $(LINK_WIRE)
tests_fuzz_fuzz_query_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_range_SOURCES = tests/fuzz/fuzz_range.c $(FUZZ_MAIN)
tests_fuzz_fuzz_range_LDADD = src/api/libapi.a $(LINK_BASE)
tests_fuzz_fuzz_range_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_reader_SOURCES = tests/fuzz/fuzz_reader.c $(FUZZ_MAIN)
tests_fuzz_fuzz_reader_LDADD = $(LINK_HTTP)
tests_fuzz_fuzz_reader_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c $(FUZZ_MAIN)
tests_fuzz_fuzz_record_LDADD = $(LINK_WIRE)
tests_fuzz_fuzz_record_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_submission_SOURCES = tests/fuzz/fuzz_submission.c $(FUZZ_MAIN)
tests_fuzz_fuzz_submission_LDADD = $(LINK_WIRE)
tests_fuzz_fuzz_submission_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_target_SOURCES = tests/fuzz/fuzz_target.c $(FUZZ_MAIN)
tests_fuzz_fuzz_target_LDADD = $(LINK_WIRE)
tests_fuzz_fuzz_target_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_transfer_SOURCES = tests/fuzz/fuzz_transfer.c $(FUZZ_MAIN)
tests_fuzz_fuzz_transfer_LDADD = $(LINK_FETCH)
tests_fuzz_fuzz_transfer_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz_url.c $(FUZZ_MAIN)
tests_fuzz_fuzz_url_LDADD = $(LINK_MODEL)
tests_fuzz_fuzz_url_LDFLAGS = $(FUZZ_FLAGS)
tests_fuzz_fuzz_view_SOURCES = tests/fuzz/fuzz_view.c $(FUZZ_MAIN)
tests_fuzz_fuzz_view_LDADD = $(LINK_CTL)
tests_fuzz_fuzz_view_LDFLAGS = $(FUZZ_FLAGS)
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += tests/fuzz/replay.sh

# The DNS server of the end-to-end tests, the benchmarks and the quickstart without network.
check_PROGRAMS += tests/stub/dns_stub
tests_stub_dns_stub_SOURCES = \
	tests/stub/dns_message.c tests/stub/dns_message.h \
	tests/stub/dns_names.c tests/stub/dns_names.h \
	tests/stub/dns_options.c tests/stub/dns_options.h \
	tests/stub/dns_outbox.c tests/stub/dns_outbox.h \
	tests/stub/dns_rules.c tests/stub/dns_rules.h \
	tests/stub/dns_socket.c tests/stub/dns_socket.h \
	tests/stub/dns_stub.c \
	tests/stub/dns_zone.c tests/stub/dns_zone.h
tests_stub_dns_stub_LDADD = $(EVENT_LIBS)

# Preloaded into the daemon by the end-to-end tests: without a sanitizer, which has to be loaded first.
check_DATA = tests/stub/poison.so
CLEANFILES += tests/stub/poison.so
tests/stub/poison.so: tests/stub/poison.c
	$(AM_V_CCLD)$(CC) -std=c11 -O2 -Wall -Wextra -fPIC -shared -o $@ '$(srcdir)'/tests/stub/poison.c -ldl

QUICK_LINTS = \
	tests/lint/check-circles.sh \
	tests/lint/check-headers.sh \
	tests/lint/check-layers.sh \
	tests/lint/check-words.sh
LINTS = $(QUICK_LINTS) \
	tests/lint/check-cppcheck.sh \
	tests/lint/check-format.sh \
	tests/lint/check-size.sh \
	tests/lint/openapi.sh
TESTS += $(QUICK_LINTS)

# For the lints that compile. Where the tests are run otherwise, `cc` and no flags are what they use.
LINT_CPPFLAGS = $(CPPFLAGS) $(EVENT_CFLAGS) $(MHD_CFLAGS) $(JANSSON_CFLAGS) $(CURL_CFLAGS) $(SQLITE_CFLAGS) \
	$(IDN2_CFLAGS) $(PSL_CFLAGS) $(INIH_CFLAGS) $(XXHASH_CFLAGS)
AM_TESTS_ENVIRONMENT = CC='$(CC)'; CPPFLAGS='$(LINT_CPPFLAGS)'; export CC CPPFLAGS;

lint:
	@$(AM_TESTS_ENVIRONMENT) srcdir='$(srcdir)'; export srcdir; bad=; for lint in $(LINTS); do \
		sh '$(srcdir)'/$$lint; case $$? in \
		0) echo "ok $$lint" ;; 77) echo "skipped $$lint" ;; *) echo "FAILED $$lint"; bad=1 ;; esac; \
	done; test -z "$$bad"

FUZZ_SECONDS = 20
if FUZZERS
fuzz: $(FUZZ_TARGETS)
	srcdir='$(srcdir)' FUZZ_SECONDS='$(FUZZ_SECONDS)' sh '$(srcdir)'/tests/fuzz/run.sh
else
fuzz:
	@echo 'fuzz: configure with CC=clang --enable-fuzzers --with-sanitizer=address,undefined' >&2; exit 1
endif

# Debian's pytest belongs to Debian's python3, which need not be the first in PATH.
check-e2e: all $(check_PROGRAMS) $(check_DATA)
	@python=/usr/bin/python3; test -x $$python || python='$(PYTHON)'; \
	ASYNCPROBED_BUILD='$(abs_builddir)' PYTHONDONTWRITEBYTECODE=1 \
		$$python -m pytest $(PYTEST_FLAGS) '$(srcdir)'/tests/e2e

.PHONY: check-day check-e2e fuzz lint

EXTRA_DIST += \
	tests/e2e tests/fuzz/seeds tests/golden tests/lint \
	tests/fuzz/replay.sh tests/fuzz/run.sh \
	tests/systemd/boot.sh \
	tests/stub/README.md tests/stub/keywords.zone tests/stub/poison.c \
	tests/stub/hook_receiver.py tests/stub/hostile_server.py tests/stub/http_answers.py tests/stub/http_content.py tests/stub/http_server.py tests/stub/http_stub.py tests/stub/rdap_stub.py

# Folders are distributed whole; what a run left in them is not.
dist-hook:
	find '$(distdir)'/tests -name __pycache__ -prune -exec rm -rf {} +
	find '$(distdir)'/tests '(' -name '*.log' -o -name '*.trs' ')' -exec rm -f {} +

clean-local:
	rm -rf fuzz-corpus
