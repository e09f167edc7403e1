# Every header, module by module: the one list that the targets, the installed files, the single
# header, the unit tests (tests/unit/<path>.cpp each) and the meta tests are made from.
# Private headers stand under <module>/detail/ and have no unit test of their own.

# Modules that need the standard library alone: millrace::core and millrace.hpp.
set(MILLRACE_STD_MODULES core chain tensor aggregate store stats observe detect model middleware)
# Modules that need a third party as a whole: millrace::millrace.
set(MILLRACE_FULL_MODULES train)

set(MILLRACE_core_HEADERS
  core.hpp
  core/clock.hpp core/config.hpp core/context.hpp core/error.hpp core/field.hpp core/fixed_string.hpp core/id.hpp
  core/json_check.hpp core/json_writer.hpp core/result.hpp core/seed.hpp core/timestamp.hpp core/type_name.hpp
  core/version.hpp
  core/detail/cycle_counter.hpp core/detail/math.hpp core/detail/simd.hpp)
set(MILLRACE_chain_HEADERS
  chain.hpp
  chain/chain.hpp chain/event.hpp chain/middleware.hpp chain/outcome.hpp
  chain/detail/verdict.hpp)
set(MILLRACE_tensor_HEADERS
  tensor.hpp
  tensor/codec.hpp tensor/compressed.hpp tensor/deflate.hpp tensor/dtype.hpp tensor/eigen.hpp tensor/finite_scan.hpp
  tensor/layout.hpp tensor/summary.hpp tensor/traits.hpp tensor/view.hpp tensor/xtensor.hpp
  tensor/detail/byte_buffer.hpp tensor/detail/crc32.hpp tensor/detail/decode.hpp tensor/detail/decode_table.hpp
  tensor/detail/deflate_block.hpp tensor/detail/encode.hpp tensor/detail/gather.hpp tensor/detail/huffman.hpp
  tensor/detail/inflate.hpp tensor/detail/planes.hpp tensor/detail/scan_kernels.hpp tensor/detail/tensor_file.hpp)
set(MILLRACE_aggregate_HEADERS
  aggregate.hpp
  aggregate/concepts.hpp aggregate/envelope.hpp
  aggregate/ddsketch.hpp aggregate/exponential_histogram.hpp aggregate/binned_histogram.hpp
  aggregate/grouped.hpp aggregate/sampled.hpp aggregate/sharded.hpp
  aggregate/decayed.hpp aggregate/percentile_tracker.hpp aggregate/rates.hpp aggregate/streaming_aggregator.hpp
  aggregate/topk_tracker.hpp
  aggregate/detail/group_index.hpp aggregate/detail/aggregate_item.hpp aggregate/detail/light_atomic.hpp
  aggregate/detail/bucket_run.hpp aggregate/detail/ddsketch_core.hpp aggregate/detail/log_index.hpp aggregate/detail/protobuf.hpp
  aggregate/aggregate.hpp aggregate/extremes.hpp aggregate/member.hpp aggregate/moments.hpp aggregate/pairs.hpp
  aggregate/sketch_members.hpp aggregate/sums.hpp
  aggregate/detail/block_kernel.hpp aggregate/detail/pair_kernel.hpp aggregate/saved_fields.hpp
  aggregate/detail/quantile_points.hpp aggregate/detail/states.hpp aggregate/detail/weighted_kernel.hpp
  aggregate/log_histogram.hpp
  aggregate/detail/crc32c.hpp
  aggregate/count_min.hpp aggregate/frequent_items.hpp aggregate/hll.hpp aggregate/kll.hpp
  aggregate/quantile_curve.hpp aggregate/quantile_view.hpp aggregate/req.hpp aggregate/tdigest.hpp aggregate/theta.hpp
  aggregate/detail/coupon_table.hpp aggregate/detail/hash_block.hpp aggregate/detail/hash_set.hpp
  aggregate/detail/hll_estimate.hpp
  aggregate/detail/murmur3.hpp aggregate/detail/req_levels.hpp
  aggregate/detail/extremes.hpp aggregate/detail/image.hpp aggregate/detail/kll_levels.hpp
  aggregate/detail/order_key.hpp aggregate/detail/sort.hpp
  aggregate/time.hpp aggregate/window.hpp aggregate/sliding_count.hpp aggregate/sliding.hpp
  aggregate/sliding_panes.hpp aggregate/sliding_window.hpp aggregate/tumbling.hpp aggregate/session.hpp
  aggregate/detail/ring.hpp aggregate/detail/window_ops.hpp aggregate/detail/window_engines.hpp
  aggregate/detail/monotonic_engine.hpp aggregate/detail/disorder_engine.hpp aggregate/detail/pane_queue.hpp
  aggregate/detail/window_bytes.hpp)
set(MILLRACE_store_HEADERS
  store.hpp
  store/atomic_file.hpp store/file.hpp store/file_system.hpp store/line_log.hpp store/line_log_options.hpp
  store/record_ring.hpp
  store/detail/line_writer.hpp store/detail/torn_tail.hpp store/detail/worker.hpp)
set(MILLRACE_stats_HEADERS
  stats.hpp
  stats/aggregate_moments.hpp stats/aggregate_tests.hpp stats/anderson_darling.hpp stats/anova.hpp stats/bayes.hpp
  stats/beta.hpp stats/binomial.hpp stats/bootstrap.hpp
  stats/categorical.hpp stats/chi_squared.hpp stats/distance_tests.hpp stats/distances.hpp stats/e_process.hpp
  stats/evidence.hpp
  stats/confidence_sequence.hpp stats/experiment_decision.hpp stats/experiment_metrics.hpp stats/experiment_test.hpp
  stats/family.hpp stats/fisher_f.hpp stats/fisher_power.hpp stats/gamma.hpp stats/group_sequential.hpp stats/kolmogorov.hpp
  stats/ks_test.hpp stats/mann_whitney.hpp stats/mann_whitney_exact.hpp stats/means.hpp stats/mixture_sprt.hpp
  stats/noncentral_t.hpp stats/normal.hpp stats/permutation.hpp stats/poisson.hpp stats/poisson_bootstrap.hpp
  stats/power.hpp stats/proportion.hpp stats/proportion_intervals.hpp stats/proportions.hpp stats/quantile_test.hpp
  stats/rank_power.hpp stats/simulated_power.hpp
  stats/ratio_metrics.hpp stats/sample_moments.hpp stats/sample_ratio.hpp stats/sequential_sample_ratio.hpp
  stats/sorted_sample.hpp stats/sprt.hpp stats/student_t.hpp stats/studentized_range.hpp stats/trimmed.hpp
  stats/two_arm_e_process.hpp
  stats/detail/anderson_darling_law.hpp stats/detail/beta_quantile.hpp stats/detail/chi_mixture.hpp
  stats/detail/float_math.hpp stats/detail/heap_sort.hpp stats/detail/hypergeometric.hpp stats/detail/incomplete_beta.hpp
  stats/detail/incomplete_gamma.hpp stats/detail/index_stream.hpp stats/detail/invert.hpp
  stats/detail/lattice_paths.hpp stats/detail/log_gamma.hpp stats/detail/noncentral.hpp stats/detail/quadrature.hpp
  stats/detail/quantile_bins.hpp
  stats/detail/radix_sort.hpp stats/detail/score.hpp stats/detail/tail_expansion.hpp)
set(MILLRACE_observe_HEADERS
  observe.hpp
  observe/event_metrics.hpp observe/instruments.hpp observe/json_export.hpp observe/label_set.hpp observe/metrics.hpp
  observe/metrics_snapshot.hpp observe/openmetrics.hpp observe/prometheus.hpp observe/statsd.hpp observe/udp_sender.hpp
  observe/detail/bucket_table.hpp observe/detail/cells.hpp observe/detail/exposition.hpp
  observe/detail/instrument_cells.hpp observe/detail/metric_catalog.hpp observe/detail/metric_text.hpp
  observe/detail/owned_cell.hpp)
set(MILLRACE_detect_HEADERS
  detect.hpp
  detect/adwin.hpp detect/anomaly.hpp detect/bands.hpp detect/bocpd.hpp detect/cusum.hpp detect/ddm.hpp detect/drift_reference.hpp
  detect/ewma.hpp
  detect/half_space_trees.hpp detect/hddm.hpp detect/kswin.hpp detect/page_hinkley.hpp detect/seasonal.hpp
  detect/signal.hpp detect/table_drift.hpp detect/window_bands.hpp
  detect/detail/calibration.hpp detect/detail/p2_quantile.hpp detect/detail/run_length.hpp
  detect/detail/saved_detector.hpp detect/detail/self_starting.hpp)
set(MILLRACE_model_HEADERS
  model.hpp
  model/confusion_matrix.hpp model/evaluation.hpp model/real_view.hpp
  model/detail/checked_columns.hpp)
set(MILLRACE_middleware_HEADERS
  middleware.hpp
  middleware/audit_codec.hpp middleware/audit_log.hpp middleware/audit_options.hpp middleware/compression.hpp
  middleware/metrics.hpp middleware/profiler.hpp middleware/profiles.hpp middleware/validation.hpp middleware/validation_rules.hpp
  middleware/detail/audit_format.hpp middleware/detail/audit_policies.hpp middleware/detail/audit_record.hpp)
set(MILLRACE_train_HEADERS
  train.hpp
  train/activation.hpp train/backpropagation.hpp train/calculate_loss.hpp train/clip.hpp train/fields.hpp
  train/forward_pass.hpp train/load_batch.hpp train/loss.hpp train/model.hpp train/network.hpp train/optimizer.hpp
  train/network_file.hpp train/samples.hpp train/schedule.hpp train/update_weights.hpp
  train/detail/loss_kernels.hpp train/detail/network_bytes.hpp train/detail/product.hpp)

# Headers of the lists above that include a third party. They belong to the component named, and to
# no umbrella and not to the single header; every other header of a standard-library module is free
# of third parties (tests/meta checks it against what the headers include).
set(MILLRACE_millrace_ADAPTERS tensor/deflate.hpp tensor/eigen.hpp)
set(MILLRACE_xtensor_ADAPTERS tensor/xtensor.hpp)
