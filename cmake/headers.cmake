# Every header, module by module: the one list that the targets, the installed files, the single
# header, the unit tests (tests/unit/<path>.cpp each) and the meta tests are made from.
# Private headers stand under <module>/detail/ and have no unit test of their own.
# The headers of connect/<x> are in MILLRACE_connect_<x>_HEADERS.

# Modules that need the standard library alone: millrace::core and millrace.hpp.
set(MILLRACE_STD_MODULES core chain tensor aggregate store stats observe feature detect resilience model middleware infer registry track mlops deliver connect/configuration connect/databricks connect/http connect/kafka connect/mlflow connect/mpi connect/redis connect/rest connect/s3 connect/yaml)
# Modules that need a third party as a whole: millrace::millrace.
set(MILLRACE_FULL_MODULES train connect/curl)

set(MILLRACE_core_HEADERS
  core.hpp
  core/fwd.hpp core/activation.hpp core/clock.hpp core/config.hpp core/context.hpp core/diagnostic.hpp core/duration.hpp core/error.hpp core/field.hpp
  core/fixed_string.hpp core/id.hpp
  core/json_check.hpp core/json_writer.hpp core/problem_details.hpp core/real.hpp core/result.hpp core/saved.hpp core/seed.hpp core/sha256.hpp core/timestamp.hpp
  core/type_name.hpp core/version.hpp
  core/detail/chrono.hpp core/detail/completes.hpp core/detail/crc32.hpp core/detail/cycle_counter.hpp core/detail/decode_table.hpp
  core/detail/deflate_block.hpp core/detail/dense_products.hpp core/detail/duration_nanoseconds.hpp core/detail/field_list.hpp core/detail/flat_vector.hpp core/detail/fork_watch.hpp core/detail/fused.hpp core/detail/gauss_legendre.hpp core/detail/guarded.hpp
  core/detail/heap_sort.hpp core/detail/huffman.hpp core/detail/inflate.hpp core/detail/int128.hpp core/detail/json_reader.hpp core/detail/letter_case.hpp core/detail/light_atomic.hpp
  core/detail/math.hpp core/detail/mutex.hpp core/detail/name_index.hpp core/detail/nearest_names.hpp core/detail/needs_exceptions.hpp
  core/detail/number_text.hpp core/detail/order_key.hpp core/detail/owning_pointer.hpp core/detail/policy_or.hpp core/detail/protobuf.hpp core/detail/quoted_text.hpp core/detail/requirement.hpp
  core/detail/sha256_block.hpp core/detail/sha256_each.hpp core/detail/sha256_lanes.hpp core/detail/simd.hpp core/detail/sort.hpp core/detail/sort_doubles.hpp core/detail/spin_lock.hpp
  core/detail/shared_value.hpp
  core/detail/swap_members.hpp core/detail/text_formats.hpp core/detail/thread_slot.hpp core/detail/uninterrupted.hpp core/detail/unprinted.hpp core/detail/utf8.hpp core/detail/worker_thread.hpp
  core/detail/seeded_hash.hpp
  core/saved/envelope.hpp core/saved/fields.hpp
  core/saved/detail/crc32c.hpp core/saved/detail/image.hpp)
set(MILLRACE_chain_HEADERS
  chain.hpp
  chain/fwd.hpp chain/basic_chain.hpp chain/chain.hpp chain/event.hpp chain/middleware.hpp chain/outcome.hpp chain/share.hpp
  chain/detail/chain_parts.hpp chain/detail/diagnosis.hpp chain/detail/verdict.hpp)
set(MILLRACE_tensor_HEADERS
  tensor.hpp
  tensor/fwd.hpp tensor/codec.hpp tensor/compressed.hpp tensor/deflate.hpp tensor/dtype.hpp tensor/eigen.hpp tensor/finite_scan.hpp
  tensor/layout.hpp tensor/summary.hpp tensor/traits.hpp tensor/view.hpp tensor/xtensor.hpp
  tensor/detail/byte_buffer.hpp tensor/detail/decode.hpp
  tensor/detail/encode.hpp tensor/detail/gather.hpp
  tensor/detail/planes.hpp tensor/detail/scan_kernels.hpp tensor/detail/tensor_file.hpp)
set(MILLRACE_aggregate_HEADERS
  aggregate.hpp
  aggregate/fwd.hpp aggregate/concepts.hpp aggregate/histograms.hpp aggregate/keyed.hpp aggregate/members.hpp aggregate/sketches.hpp
  aggregate/windows.hpp
  aggregate/detail/aggregate_item.hpp aggregate/detail/extremes.hpp aggregate/detail/quantile_points.hpp
  aggregate/histograms/binned_histogram.hpp aggregate/histograms/ddsketch.hpp
  aggregate/histograms/exponential_histogram.hpp aggregate/histograms/log_histogram.hpp
  aggregate/histograms/percentile_tracker.hpp
  aggregate/histograms/detail/bucket_run.hpp aggregate/histograms/detail/ddsketch_core.hpp
  aggregate/histograms/detail/log_index.hpp
  aggregate/kernels/detail/block_kernel.hpp aggregate/kernels/detail/pair_kernel.hpp
  aggregate/kernels/detail/weighted_kernel.hpp
  aggregate/keyed/grouped.hpp aggregate/keyed/sampled.hpp aggregate/keyed/sharded.hpp
  aggregate/keyed/streaming_aggregator.hpp
  aggregate/keyed/detail/group_index.hpp
  aggregate/members/aggregate.hpp aggregate/members/exact_moments.hpp aggregate/members/extremes.hpp aggregate/members/member.hpp
  aggregate/members/moment_sums.hpp aggregate/members/moments.hpp aggregate/members/pairs.hpp aggregate/members/sketch_members.hpp
  aggregate/members/sums.hpp
  aggregate/members/detail/fixed_point_sum.hpp aggregate/members/detail/states.hpp aggregate/members/detail/wide_range.hpp
  aggregate/sketches/count_min.hpp aggregate/sketches/frequent_items.hpp aggregate/sketches/hll.hpp
  aggregate/sketches/kll.hpp aggregate/sketches/quantile_curve.hpp aggregate/sketches/quantile_view.hpp
  aggregate/sketches/req.hpp aggregate/sketches/tdigest.hpp aggregate/sketches/theta.hpp
  aggregate/sketches/topk_tracker.hpp
  aggregate/sketches/detail/coupon_table.hpp aggregate/sketches/detail/hash_block.hpp
  aggregate/sketches/detail/hash_set.hpp aggregate/sketches/detail/hll_estimate.hpp
  aggregate/sketches/detail/kll_levels.hpp aggregate/sketches/detail/murmur3.hpp
  aggregate/sketches/detail/req_levels.hpp aggregate/sketches/detail/tdigest_reference.hpp
  aggregate/windows/decayed.hpp aggregate/windows/rates.hpp aggregate/windows/session.hpp
  aggregate/windows/sliding.hpp aggregate/windows/sliding_count.hpp aggregate/windows/sliding_panes.hpp
  aggregate/windows/sliding_window.hpp aggregate/windows/time.hpp aggregate/windows/tumbling.hpp
  aggregate/windows/window.hpp
  aggregate/windows/detail/disorder_engine.hpp aggregate/windows/detail/monotonic_engine.hpp
  aggregate/windows/detail/pane_queue.hpp aggregate/windows/detail/ring.hpp aggregate/windows/detail/window_bytes.hpp
  aggregate/windows/detail/window_engines.hpp aggregate/windows/detail/window_ops.hpp)
set(MILLRACE_store_HEADERS
  store.hpp
  store/fwd.hpp store/atomic_file.hpp store/beneath.hpp store/commit_ticket.hpp store/content_storage.hpp store/durable.hpp store/ed25519.hpp store/event_feed.hpp store/file.hpp store/file_bytes.hpp store/file_system.hpp store/folder_storage.hpp store/http.hpp store/http_stream.hpp store/line_log.hpp store/line_log_options.hpp store/document.hpp
  store/key_part.hpp store/search.hpp
  store/search/filter.hpp store/search/index_walk.hpp store/search/like_pattern.hpp store/search/mlflow_schemas.hpp store/search/node.hpp
  store/search/order.hpp store/search/page.hpp store/search/ranges.hpp store/search/schema.hpp store/search/value.hpp
  store/search/detail/condition.hpp store/search/detail/filter_parser.hpp store/search/detail/filter_text.hpp
  store/search/detail/scanner.hpp
  store/log_worker.hpp store/memory_storage.hpp
  store/record_ring.hpp store/saved_file.hpp store/secret.hpp store/secret_file.hpp store/signature.hpp store/sqlite.hpp store/storage.hpp store/transaction.hpp store/transparency.hpp
  store/detail/line_writer.hpp store/detail/log_file.hpp store/detail/make_room.hpp store/detail/mapping.hpp store/detail/commit_group.hpp store/detail/digits.hpp store/detail/disk_room.hpp store/detail/folder_names.hpp store/detail/known_place.hpp store/detail/object_tree.hpp store/detail/tree_snapshot.hpp store/detail/sqlite_connection.hpp store/detail/sqlite_engine.hpp store/detail/writer_mutex.hpp store/detail/text_lines.hpp store/detail/torn_tail.hpp store/detail/transacted.hpp
  store/documents.hpp store/documents/document_folder.hpp store/documents/path_rule.hpp
  store/messages.hpp store/messages/codec.hpp store/messages/consumer.hpp store/messages/dead_letters.hpp
  store/messages/exactly_once.hpp store/messages/json_class.hpp store/messages/local_consumer.hpp
  store/messages/local_queue.hpp store/messages/local_queue_options.hpp store/messages/message.hpp
  store/messages/producer.hpp store/messages/queue_journal.hpp store/messages/router.hpp
  store/messages/saved_messages.hpp store/messages/topic.hpp
  store/messages/detail/kept_offset.hpp
  store/messages/detail/local_queue_state.hpp store/messages/detail/local_topics.hpp
  store/documents/detail/document_engine.hpp store/documents/detail/document_files.hpp
  store/documents/detail/document_index.hpp store/documents/detail/folder_journal.hpp
  store/documents/detail/folder_lock.hpp
  store/settings.hpp
  store/settings/byte_size.hpp store/settings/changes.hpp store/settings/describe.hpp store/settings/environment.hpp
  store/settings/load.hpp store/settings/origin.hpp store/settings/problem.hpp
  store/settings/row.hpp store/settings/settings_node.hpp store/settings/settings_schema.hpp store/settings/table.hpp
  store/settings/detail/scalar_text.hpp store/settings/detail/setting_text.hpp
  store/settings/detail/setting_type.hpp store/settings/detail/settings_reader.hpp
  store/settings/detail/table_faults.hpp
  store/parquet.hpp
  store/parquet/codecs.hpp store/parquet/column.hpp store/parquet/field.hpp store/parquet/reader.hpp
  store/parquet/statistics.hpp store/parquet/writer.hpp
  store/parquet/detail/bounds.hpp store/parquet/detail/byte_reader.hpp store/parquet/detail/column_buffer.hpp
  store/parquet/detail/decoder.hpp store/parquet/detail/deltas.hpp store/parquet/detail/dictionary.hpp
  store/parquet/detail/footer.hpp store/parquet/detail/footer_writer.hpp store/parquet/detail/gzip.hpp
  store/parquet/detail/lz_codecs.hpp store/parquet/detail/page.hpp store/parquet/detail/page_values.hpp
  store/parquet/detail/run_lengths.hpp store/parquet/detail/thrift.hpp store/parquet/detail/value_bounds.hpp
  store/transparency/merkle_tree.hpp store/transparency/proofs.hpp store/transparency/prove.hpp
  store/transparency/subtree_cache.hpp store/transparency/tree_head.hpp)
set(MILLRACE_stats_HEADERS
  stats.hpp
  stats/fwd.hpp stats/distributions.hpp stats/evidence.hpp stats/experiment.hpp stats/family.hpp stats/power.hpp
  stats/resampling.hpp stats/sample_moments.hpp stats/sample_view.hpp stats/sequential.hpp stats/sorted_sample.hpp
  stats/tests.hpp stats/detail/quantile_bins.hpp
  stats/distributions/beta.hpp stats/distributions/binomial.hpp stats/distributions/chi_squared.hpp
  stats/distributions/fisher_f.hpp stats/distributions/gamma.hpp stats/distributions/kolmogorov.hpp
  stats/distributions/mann_whitney_exact.hpp stats/distributions/noncentral_t.hpp stats/distributions/normal.hpp
  stats/distributions/poisson.hpp stats/distributions/student_t.hpp stats/distributions/studentized_range.hpp
  stats/distributions/detail/anderson_darling_law.hpp stats/distributions/detail/beta_quantile.hpp
  stats/distributions/detail/chi_mixture.hpp stats/distributions/detail/float_math.hpp
  stats/distributions/detail/incomplete_beta.hpp stats/distributions/detail/incomplete_gamma.hpp
  stats/distributions/detail/invert.hpp stats/distributions/detail/lattice_paths.hpp
  stats/distributions/detail/log_gamma.hpp stats/distributions/detail/noncentral.hpp
  stats/distributions/detail/normal_range.hpp stats/distributions/detail/range_mixture.hpp
  stats/distributions/detail/quadrature.hpp stats/distributions/detail/tail_expansion.hpp
  stats/experiment/decision.hpp stats/experiment/detail/refused_input.hpp stats/experiment/experiment.hpp stats/experiment/metrics.hpp
  stats/power/fisher_power.hpp stats/power/planning.hpp stats/power/rank_power.hpp stats/power/simulated_power.hpp
  stats/resampling/bootstrap.hpp stats/resampling/permutation.hpp stats/resampling/poisson_bootstrap.hpp
  stats/resampling/detail/index_stream.hpp
  stats/sequential/confidence_sequence.hpp stats/sequential/e_process.hpp stats/sequential/group_sequential.hpp
  stats/sequential/mixture_sprt.hpp stats/sequential/sequential_sample_ratio.hpp stats/sequential/sprt.hpp
  stats/sequential/two_arm_e_process.hpp
  stats/tests/aggregate_moments.hpp stats/tests/aggregate_tests.hpp stats/tests/anderson_darling.hpp
  stats/tests/anova.hpp stats/tests/bayes.hpp stats/tests/categorical.hpp stats/tests/distance_tests.hpp
  stats/tests/distances.hpp stats/tests/hodges_lehmann.hpp stats/tests/kolmogorov_smirnov.hpp stats/tests/mann_whitney.hpp stats/tests/means.hpp
  stats/tests/proportion.hpp stats/tests/proportion_intervals.hpp stats/tests/proportions.hpp
  stats/tests/quantiles.hpp stats/tests/ratio_metrics.hpp stats/tests/sample_ratio.hpp stats/tests/trimmed.hpp stats/tests/weighted_proportion.hpp
  stats/tests/detail/hypergeometric.hpp stats/tests/detail/score.hpp)
set(MILLRACE_observe_HEADERS
  observe.hpp observe/diagnostics.hpp
  observe/attribute.hpp observe/fwd.hpp observe/trace_id.hpp
  observe/metrics.hpp
  observe/metrics/exemplar.hpp observe/metrics/instruments.hpp observe/metrics/label_set.hpp
  observe/metrics/metrics_registry.hpp observe/metrics/metrics_snapshot.hpp observe/metrics/native_layout.hpp
  observe/metrics/detail/arena.hpp observe/metrics/detail/bucket_table.hpp observe/metrics/detail/cells.hpp
  observe/metrics/detail/exemplar_slots.hpp observe/metrics/detail/instrument_cells.hpp
  observe/metrics/detail/metric_catalog.hpp observe/metrics/detail/metric_text.hpp
  observe/metrics/detail/native_buckets.hpp observe/metrics/detail/owned_cell.hpp
  observe/metrics/detail/shared_state.hpp
  observe/export.hpp
  observe/export/emf.hpp observe/export/json_export.hpp observe/export/negotiate.hpp observe/export/openmetrics.hpp
  observe/export/otlp_metrics.hpp observe/export/otlp_source.hpp observe/export/prometheus.hpp
  observe/export/prometheus_protobuf.hpp observe/export/statsd.hpp observe/export/udp_sender.hpp
  observe/export/detail/bucket_values.hpp observe/export/detail/exposition.hpp observe/export/detail/snapshot_change.hpp
  observe/dashboards.hpp
  observe/dashboards/alert_rules.hpp observe/dashboards/grafana.hpp observe/dashboards/metric_table.hpp
  observe/tracing.hpp
  observe/tracing/otlp_spans.hpp observe/tracing/sampler.hpp observe/tracing/span.hpp observe/tracing/span_context.hpp
  observe/tracing/span_record.hpp observe/tracing/trace_state.hpp observe/tracing/tracer.hpp
  observe/events.hpp
  observe/events/event_emitter.hpp observe/events/event_queue.hpp observe/events/hooks.hpp observe/events/subscription.hpp observe/events/watched.hpp
  observe/health.hpp
  observe/health/component.hpp observe/health/disk_check.hpp observe/health/health_monitor.hpp
  observe/health/health_report.hpp observe/health/health_result.hpp observe/health/memory_check.hpp
  observe/health/memory_usage.hpp observe/health/process_collector.hpp observe/health/storage_check.hpp
  observe/health/detail/proc_text.hpp
  observe/events/detail/call_list.hpp observe/events/detail/event_history.hpp observe/events/detail/event_types.hpp
  observe/audit.hpp
  observe/audit/audit_draft.hpp observe/audit/audit_event.hpp observe/audit/audit_export.hpp observe/audit/audit_name.hpp
  observe/audit/audit_query.hpp observe/audit/compliance_report.hpp observe/audit/mask.hpp observe/audit/report_templates.hpp
  observe/audit/detail/page_writers.hpp
  observe/audit/detail/pii_detectors.hpp observe/audit/detail/tally.hpp
 
  observe/audit/audit_outbox.hpp observe/audit/audit_trail.hpp observe/audit/read_trail.hpp observe/audit/trail_options.hpp observe/audit/trail_proofs.hpp
  observe/audit/trail_queries.hpp observe/audit/verify_trail.hpp
  observe/audit/detail/trail_check.hpp observe/audit/detail/trail_folder.hpp observe/audit/detail/trail_format.hpp
  observe/audit/detail/trail_policies.hpp observe/audit/detail/trail_record.hpp observe/audit/detail/trail_recovery.hpp
  observe/audit/detail/trail_segment.hpp observe/audit/detail/trail_upkeep.hpp observe/audit/detail/trail_writer.hpp)
set(MILLRACE_feature_HEADERS
  feature.hpp
  feature/fwd.hpp feature/features.hpp feature/hashed_row.hpp feature/policies.hpp feature/series.hpp feature/specification.hpp
  feature/tables.hpp feature/transforms.hpp
  feature/detail/cells.hpp feature/detail/diagnosis.hpp feature/detail/hash.hpp
  feature/detail/remembered_keys.hpp feature/detail/slots.hpp
  feature/detail/transform.hpp feature/detail/vocabulary.hpp
  feature/batch.hpp feature/batch/batch_plan.hpp feature/batch/batch_request.hpp feature/batch/batch_rows.hpp
  feature/batch/batch_summary.hpp feature/batch/column_view.hpp feature/batch/stream_join.hpp feature/batch/z_scores.hpp
  feature/batch/detail/batch_cell.hpp feature/batch/detail/batch_groups.hpp feature/batch/detail/object_reader.hpp
  feature/series/as_of_join.hpp feature/series/history.hpp feature/series/parts.hpp
  feature/specification/automatic.hpp feature/specification/cell.hpp feature/specification/specification.hpp
  feature/specification/specifications_of.hpp
  feature/specification/table_features.hpp feature/specification/table_history.hpp
  feature/specification/detail/aggregation_words.hpp feature/specification/detail/event_stream.hpp
  feature/specification/detail/given_kernels.hpp feature/specification/detail/given_windows.hpp
  feature/specification/detail/making.hpp
  feature/specification/detail/named_transform.hpp feature/specification/detail/parameter_reader.hpp
  feature/specification/detail/table_cells.hpp feature/specification/detail/words.hpp
  feature/tables/amounts.hpp feature/tables/csv.hpp feature/tables/csv_options.hpp feature/tables/dates.hpp
  feature/tables/encoding.hpp feature/tables/findings.hpp feature/tables/json_lines.hpp feature/tables/json_rows.hpp feature/tables/notation.hpp
  feature/tables/parquet.hpp feature/tables/table.hpp
  feature/tables/detail/csv_rows.hpp feature/tables/detail/csv_shape.hpp feature/tables/detail/find_notation.hpp
  feature/tables/detail/json_cells.hpp feature/tables/detail/raw_cells.hpp feature/tables/detail/raw_columns.hpp
  feature/tables/detail/time_text.hpp
  feature/transforms/buckets.hpp feature/transforms/categories.hpp feature/transforms/missing.hpp
  feature/transforms/numbers.hpp feature/transforms/scalings.hpp feature/transforms/temporal.hpp
  feature/transforms/texts.hpp feature/transforms/own.hpp)
set(MILLRACE_detect_HEADERS
  detect.hpp
  detect/fwd.hpp detect/anomaly.hpp detect/change.hpp detect/features.hpp detect/signal.hpp
  detect/anomaly/anomaly.hpp detect/anomaly/bands.hpp detect/anomaly/half_space_trees.hpp detect/anomaly/seasonal.hpp
  detect/anomaly/window_bands.hpp
  detect/anomaly/detail/p2_quantile.hpp
  detect/change/adwin.hpp detect/change/bocpd.hpp detect/change/cusum.hpp detect/change/ddm.hpp detect/change/ewma.hpp
  detect/change/hddm.hpp detect/change/kswin.hpp detect/change/page_hinkley.hpp
  detect/change/detail/calibration.hpp detect/change/detail/chart.hpp detect/change/detail/run_length.hpp
  detect/change/detail/self_starting.hpp
  detect/detail/ordered.hpp detect/detail/saved_detector.hpp
  detect/features/drift_metrics.hpp detect/features/drift_reference.hpp detect/features/table_drift.hpp)
set(MILLRACE_model_HEADERS
  model.hpp
  model/fwd.hpp model/series.hpp model/series/holt_winters.hpp
  model/series/lag_forecaster.hpp model/series/detail/rate_search.hpp
  model/formats.hpp model/formats/boosted_file.hpp model/formats/boosted_model.hpp model/formats/catboost.hpp
  model/formats/category_words.hpp model/formats/graph.hpp
  model/formats/lightgbm.hpp model/formats/network_tensors.hpp model/formats/onnx.hpp model/formats/safetensors.hpp model/formats/tflite.hpp model/formats/xgboost.hpp
  model/formats/detail/catboost_file.hpp model/formats/detail/city_hash.hpp
  model/formats/detail/lightgbm_text.hpp model/formats/detail/outside_tree.hpp model/formats/detail/ubjson_reader.hpp
  model/formats/detail/safetensors_file.hpp model/formats/detail/value_reader.hpp model/formats/detail/xgboost_file.hpp
  model/formats/detail/onnx_reader.hpp model/formats/detail/onnx_tensor.hpp model/formats/detail/onnx_types.hpp
  model/formats/detail/onnx_writer.hpp
  model/to_graph.hpp model/to_graph/bayes.hpp model/to_graph/boosted.hpp model/to_graph/clusters.hpp
  model/to_graph/calibration.hpp model/to_graph/decomposition.hpp
  model/to_graph/graph_builder.hpp model/to_graph/linear.hpp
  model/to_graph/links.hpp model/to_graph/trees.hpp
  model/to_graph/combinations.hpp model/to_graph/networks.hpp
  model/to_graph/features.hpp model/to_graph/event_pipelines.hpp model/to_graph/table_pipelines.hpp
  model/to_graph/detail/feature_inputs.hpp model/to_graph/detail/feature_operators.hpp
  model/to_graph/detail/pipeline_operators.hpp model/to_graph/detail/tree_operator.hpp
  model/formats/detail/flatbuffer.hpp model/formats/detail/tflite_builder.hpp
  model/formats/detail/tflite_file.hpp model/formats/detail/tflite_operators.hpp
  model/bayes.hpp model/calibration.hpp model/cluster.hpp model/combination.hpp
  model/decomposition.hpp model/evaluation.hpp model/linear.hpp
  model/matrix_view.hpp model/network.hpp model/parallel.hpp model/selection.hpp model/trees.hpp model/validation.hpp
  model/card.hpp model/card/model_card.hpp model/card/detail/card_markdown.hpp
  model/predictor.hpp model/sparse_view.hpp
  model/pipeline.hpp model/pipeline/decision.hpp model/pipeline/decision_record.hpp model/pipeline/explanation.hpp model/pipeline/fitted_pipeline.hpp model/pipeline/recipe.hpp
  model/pipeline/recorded_pipeline.hpp model/pipeline/steps.hpp model/pipeline/table_pipeline.hpp
  model/pipeline/detail/fitted_model.hpp model/pipeline/detail/model_scores.hpp
  model/pipeline/detail/replayed_rows.hpp model/pipeline/detail/row_names.hpp model/pipeline/detail/spooled_rows.hpp
  model/detail/class_labels.hpp model/detail/column_centres.hpp model/detail/dot.hpp model/detail/first_failure.hpp model/detail/gram_sum.hpp
  model/detail/kept_executor.hpp
  model/detail/link.hpp model/detail/linked_scores.hpp model/detail/renamed_rows.hpp model/detail/semidefinite_solver.hpp model/detail/symmetric_eigen.hpp
  model/detail/thread_pool.hpp model/detail/training_checks.hpp
  model/bayes/bayes_options.hpp model/bayes/gaussian_naive_bayes.hpp model/bayes/multinomial_naive_bayes.hpp
  model/bayes/detail/bayes_classifier.hpp
  model/calibration/calibrator.hpp model/calibration/decision_threshold.hpp model/calibration/isotonic.hpp
  model/calibration/one_vs_rest.hpp
  model/calibration/platt.hpp model/calibration/reliability.hpp model/calibration/detail/labelled_scores.hpp
  model/cluster/k_means.hpp model/cluster/mini_batch_k_means.hpp
  model/cluster/detail/centre_model.hpp model/cluster/detail/centre_table.hpp model/cluster/detail/lloyd.hpp model/cluster/detail/row_blocks.hpp
  model/cluster/detail/seeding.hpp
  model/combination/stacking.hpp model/combination/voting.hpp model/combination/detail/model_tuple.hpp
  model/decomposition/pca.hpp
  model/evaluation/confusion_matrix.hpp model/evaluation/label_view.hpp model/evaluation/measures.hpp
  model/evaluation/real_view.hpp
  model/evaluation/detail/checked_columns.hpp
  model/linear/ftrl_linear.hpp model/linear/ftrl_logistic.hpp model/linear/ftrl_options.hpp
  model/linear/linear_regression.hpp model/linear/logistic_options.hpp model/linear/logistic_regression.hpp
  model/linear/ridge.hpp model/linear/sgd_linear.hpp model/linear/sgd_logistic.hpp model/linear/sgd_options.hpp
  model/linear/detail/elastic_net.hpp model/linear/detail/ftrl_scores.hpp model/linear/detail/least_squares.hpp model/linear/detail/linear_map.hpp
  model/linear/detail/logistic_fit.hpp model/linear/detail/logistic_problem.hpp model/linear/detail/online_model.hpp model/linear/detail/online_scores.hpp
  model/network/activation.hpp model/network/mlp.hpp model/network/mlp_options.hpp
  model/network/detail/column_scales.hpp model/network/detail/dense_layers.hpp
  model/network/detail/lane_functions.hpp model/network/detail/network_checks.hpp
  model/network/detail/network_fit.hpp model/network/detail/network_outputs.hpp
  model/network/detail/trained_layers.hpp
  model/selection/goal.hpp model/selection/permutation_importance.hpp model/selection/random_search.hpp
  model/selection/search_space.hpp
  model/trees/boosted_trees.hpp model/trees/boosting_options.hpp model/trees/forest_options.hpp model/trees/isolation_forest.hpp model/trees/isolation_reasons.hpp model/trees/losses.hpp
  model/trees/random_forest.hpp model/trees/tree_ensemble.hpp model/trees/tree_explainer.hpp model/trees/vector_leaf_trees.hpp
  model/trees/detail/binned_rows.hpp model/trees/detail/boosting.hpp model/trees/detail/column_codes.hpp
  model/trees/detail/class_search.hpp model/trees/detail/draw_some.hpp model/trees/detail/forest_fit.hpp
  model/trees/detail/gradient_histogram.hpp model/trees/detail/isolation_grower.hpp model/trees/detail/isolation_trees.hpp
  model/trees/detail/oblivious_trees.hpp model/trees/detail/packed_trees.hpp model/trees/detail/part_rows.hpp model/trees/detail/shapley_trees.hpp model/trees/detail/shares.hpp model/trees/detail/split_gains.hpp
  model/trees/detail/split_nodes.hpp model/trees/detail/split_search.hpp
  model/trees/detail/transposed_rows.hpp model/trees/detail/tree_calibration.hpp model/trees/detail/tree_grower.hpp model/trees/detail/tree_walks.hpp
  model/trees/detail/upper_walk.hpp
  model/validation/classification_table.hpp model/validation/clustering.hpp model/validation/cross_validate.hpp
  model/validation/fairness.hpp model/validation/slices.hpp
  model/validation/intervals.hpp model/validation/ranking.hpp model/validation/regression.hpp model/validation/splits.hpp
  model/validation/weighted_measures.hpp
  model/validation/detail/contingency.hpp model/validation/detail/weighted_mean.hpp model/validation/detail/weighted_share.hpp)
set(MILLRACE_resilience_HEADERS
  resilience.hpp
  resilience/batch_processor.hpp
  resilience/caches.hpp resilience/caches/cache.hpp resilience/caches/cache_key.hpp resilience/caches/cache_options.hpp
  resilience/caches/cached_storage.hpp resilience/caches/eviction.hpp resilience/caches/feature_cache.hpp
  resilience/caches/two_level_cache.hpp resilience/caches/value_codec.hpp
  resilience/caches/detail/cache_core.hpp resilience/caches/detail/cache_policies.hpp resilience/caches/detail/cache_shard.hpp
  resilience/caches/detail/entry_queue.hpp resilience/caches/detail/entry_slab.hpp resilience/caches/detail/flight.hpp
  resilience/caches/detail/ghosts.hpp resilience/caches/detail/loaded.hpp resilience/caches/detail/policy_shadow.hpp
  resilience/calls.hpp resilience/fwd.hpp
  resilience/calls/breaker_options.hpp resilience/calls/bulkhead.hpp resilience/calls/call_errors.hpp
  resilience/calls/call_info.hpp resilience/calls/call_metrics.hpp resilience/calls/call_monitor.hpp
  resilience/calls/circuit_breaker.hpp resilience/calls/fallback.hpp resilience/calls/rate_limiter.hpp
  resilience/calls/resilient.hpp resilience/calls/retry.hpp resilience/calls/retry_options.hpp
  resilience/calls/sleeper.hpp resilience/calls/stop_source.hpp resilience/calls/throttled.hpp resilience/calls/timeout.hpp
  resilience/calls/detail/breaker_core.hpp resilience/calls/detail/call_wrapper_base.hpp
  resilience/calls/detail/outcome_window.hpp resilience/calls/detail/permits.hpp resilience/calls/detail/places.hpp
  resilience/calls/detail/policies.hpp resilience/calls/detail/stack_rules.hpp
  resilience/locks.hpp resilience/locks/file_lock.hpp resilience/locks/lock_owner.hpp resilience/locks/read_write_lock.hpp
  resilience/locks/stored_value.hpp resilience/locks/versioned.hpp resilience/locks/versioned_file.hpp)
set(MILLRACE_middleware_HEADERS
  middleware.hpp
  middleware/audit_codec.hpp middleware/audit_log.hpp middleware/audit_options.hpp middleware/compression.hpp
  middleware/event_metrics.hpp middleware/feature_metrics.hpp
  middleware/merkle_proofs.hpp middleware/metrics.hpp middleware/profiler.hpp middleware/profiles.hpp middleware/tracing.hpp
  middleware/validation.hpp middleware/validation_rules.hpp
  middleware/detail/audit_format.hpp middleware/detail/audit_policies.hpp middleware/detail/audit_record.hpp)
set(MILLRACE_registry_HEADERS
  registry.hpp
  registry/fwd.hpp registry/change.hpp registry/compare.hpp registry/folder_paths.hpp registry/model_folders.hpp registry/model_registry.hpp
  registry/open_lineage.hpp registry/operations.hpp registry/records.hpp
  registry/rules.hpp registry/search.hpp registry/semantic_version.hpp registry/stage.hpp registry/transition_request.hpp registry/watcher.hpp
  registry/observed.hpp registry/observed/audit_folders.hpp registry/observed/audit_sink.hpp registry/observed/watched.hpp
  registry/detail/approvals.hpp registry/detail/catalog.hpp registry/detail/edits.hpp registry/detail/input_checks.hpp registry/detail/keys.hpp
  registry/detail/ledger.hpp registry/detail/lookups.hpp registry/detail/outbox.hpp registry/detail/registry_policies.hpp
  registry/detail/removals.hpp registry/detail/requests.hpp registry/detail/search_rows.hpp registry/detail/stored_artifacts.hpp registry/detail/transitions.hpp
  registry/detail/version_index.hpp registry/detail/version_search.hpp)
set(MILLRACE_infer_HEADERS
  infer.hpp
  infer/fwd.hpp infer/bound_graph.hpp infer/graph_engine.hpp infer/onnxruntime.hpp infer/serving.hpp
  infer/online.hpp infer/online/checkpoint.hpp infer/online/online_learner.hpp infer/online/online_metrics.hpp
  infer/online/online_options.hpp infer/online/prequential.hpp infer/online/publisher.hpp infer/online/detail/sample_ring.hpp
  infer/serving/batcher.hpp infer/serving/batcher_options.hpp infer/serving/fallback.hpp
  infer/serving/request.hpp infer/serving/serving_metrics.hpp infer/serving/serving_threads.hpp
  infer/serving/swappable.hpp infer/serving/traced.hpp infer/serving/warm_up.hpp
  infer/detail/element_types.hpp infer/detail/onnxruntime_api.hpp infer/detail/planner.hpp infer/detail/ports.hpp infer/detail/row_independence.hpp
  infer/serving/detail/batcher_arguments.hpp infer/serving/detail/request_queue.hpp
  infer/serving/detail/run_model.hpp
  infer/detail/operators/class_scores.hpp infer/detail/operators/columns.hpp infer/detail/operators/dense.hpp
  infer/detail/operators/encoders.hpp infer/detail/operators/linear_models.hpp
  infer/detail/operators/elementwise.hpp infer/detail/operators/functions.hpp infer/detail/operators/places.hpp
  infer/detail/operators/products.hpp
  infer/detail/operators/quantized.hpp infer/detail/operators/recurrent.hpp infer/detail/operators/shapes.hpp
  infer/detail/operators/table.hpp infer/detail/operators/text_casts.hpp
  infer/detail/operators/tree_nodes.hpp infer/detail/operators/trees.hpp
  infer/detail/operators/windows.hpp)
set(MILLRACE_track_HEADERS
  track.hpp
  track/fwd.hpp track/comparison.hpp track/folder_paths.hpp track/logged_model.hpp track/logged_models.hpp track/metric_points.hpp track/names.hpp track/options.hpp track/records.hpp track/run.hpp track/search.hpp track/spool.hpp track/tracker.hpp track/tracking.hpp track/watcher.hpp
  track/observed.hpp track/observed/watched.hpp
  track/detail/artifact_changes.hpp track/detail/comparison_text.hpp track/detail/documents.hpp track/detail/experiment_changes.hpp track/detail/layout.hpp track/detail/leases.hpp track/detail/metric_log.hpp
  track/detail/metric_series.hpp track/detail/model_changes.hpp track/detail/process.hpp track/detail/recent_points.hpp track/detail/run_changes.hpp
  track/detail/run_metrics.hpp track/detail/run_row.hpp track/detail/run_search.hpp track/detail/spool_state.hpp track/detail/tracker_core.hpp)
set(MILLRACE_mlops_HEADERS
  mlops.hpp
  mlops/fwd.hpp mlops/context.hpp mlops/settings.hpp mlops/stored_backend.hpp)
set(MILLRACE_deliver_HEADERS
  deliver.hpp
  deliver/fwd.hpp deliver/measurement.hpp deliver/verdict.hpp
  deliver/judge.hpp
  deliver/judge/judge.hpp deliver/judge/judgement.hpp deliver/judge/metrics.hpp deliver/judge/policies.hpp
  deliver/judge/release_judge.hpp deliver/judge/rules.hpp deliver/judge/share_bets.hpp deliver/judge/threshold_judge.hpp
  deliver/judge/detail/copied_atomic.hpp deliver/judge/detail/count_table.hpp deliver/judge/detail/judge_core.hpp
  deliver/judge/detail/judged_units.hpp deliver/judge/detail/latency_buckets.hpp deliver/judge/detail/latency_limits.hpp
  deliver/judge/detail/judged_unit_table.hpp
  deliver/experiment.hpp
  deliver/experiment/design.hpp deliver/experiment/experiment.hpp deliver/experiment/life_cycle.hpp
  deliver/experiment/page.hpp deliver/experiment/report.hpp deliver/experiment/watched.hpp
  deliver/experiment/detail/analysis.hpp deliver/experiment/detail/experiment_state.hpp
  deliver/experiment/detail/exposure_log.hpp deliver/experiment/detail/guard_process.hpp
  deliver/experiment/detail/picture.hpp deliver/experiment/detail/properties.hpp deliver/experiment/detail/record_keeper.hpp
  deliver/experiment/detail/unit_rows.hpp
  deliver/pipelines.hpp
  deliver/pipelines/azure_pipelines.hpp deliver/pipelines/deployments.hpp deliver/pipelines/gates.hpp
  deliver/pipelines/github_actions.hpp deliver/pipelines/gitlab_ci.hpp deliver/pipelines/jenkinsfile.hpp
  deliver/pipelines/pipeline.hpp deliver/pipelines/pipeline_plan.hpp
  deliver/pipelines/pipeline_tools.hpp deliver/pipelines/secret_name.hpp
  deliver/pipelines/detail/expression_text.hpp deliver/pipelines/detail/groovy_text.hpp
  deliver/pipelines/detail/metric_gate_script.hpp
  deliver/pipelines/detail/plan_checks.hpp deliver/pipelines/detail/shell_text.hpp
  deliver/pipelines/detail/token_shapes.hpp deliver/pipelines/detail/yaml_pipeline.hpp
  deliver/pipelines/detail/yaml_writer.hpp
  deliver/detail/figure_text.hpp deliver/detail/json_rows.hpp
  deliver/outcomes.hpp
  deliver/outcomes/label_scores.hpp deliver/outcomes/outcome_join.hpp deliver/outcomes/outcome_measures.hpp
  deliver/outcomes/prediction.hpp deliver/outcomes/prediction_log.hpp deliver/outcomes/training_rows.hpp
  deliver/outcomes/detail/hash_index.hpp deliver/outcomes/detail/kept_lines.hpp
  deliver/outcomes/detail/segment_reader.hpp deliver/outcomes/detail/segments.hpp
  deliver/shadow.hpp
  deliver/shadow/comparison.hpp deliver/shadow/kept_shadow.hpp deliver/shadow/shadow.hpp
  deliver/shadow/shadow_events.hpp deliver/shadow/shadow_options.hpp deliver/shadow/shadow_policies.hpp
  deliver/shadow/shadow_predictor.hpp deliver/shadow/shadow_report.hpp deliver/shadow/shadow_state.hpp
  deliver/shadow/shadow_watch.hpp
  deliver/shadow/detail/copy_queue.hpp deliver/shadow/detail/row_job.hpp deliver/shadow/detail/shadow_calls.hpp
  deliver/shadow/detail/shadow_core.hpp deliver/shadow/detail/shadow_members.hpp
  deliver/shadow/detail/shadow_sample.hpp deliver/shadow/detail/shadow_tally.hpp
  deliver/shadow/detail/shadow_work.hpp
  deliver/observed.hpp
  deliver/observed/registry_gate.hpp deliver/observed/rollout_audit.hpp deliver/observed/watched_outcomes.hpp
  deliver/observed/watched_rollout.hpp deliver/observed/webhook.hpp
  deliver/rollout.hpp
  deliver/rollout/change.hpp deliver/rollout/eligibility.hpp deliver/rollout/kept.hpp deliver/rollout/machine.hpp deliver/rollout/options.hpp
  deliver/rollout/rollout.hpp deliver/rollout/rollout_watch.hpp deliver/rollout/state.hpp deliver/rollout/strategy.hpp
  deliver/rollout/detail/call_seats.hpp deliver/rollout/detail/judge_looks.hpp deliver/rollout/detail/late_changes.hpp
  deliver/rollout/detail/rollout_control.hpp
  deliver/rollout/detail/request_rules.hpp deliver/rollout/detail/route_lanes.hpp deliver/rollout/detail/traffic.hpp
  deliver/split.hpp
  deliver/split/assignment.hpp deliver/split/bandit.hpp deliver/split/bandit_policies.hpp
  deliver/split/bandit_rewards.hpp deliver/split/layer.hpp deliver/split/layers.hpp deliver/split/off_policy.hpp
  deliver/split/overrides.hpp
  deliver/split/routes.hpp deliver/split/shared_bandit.hpp deliver/split/split_by.hpp deliver/split/split_hashed.hpp deliver/split/split_percentage.hpp
  deliver/split/split_random.hpp deliver/split/unit_hash.hpp deliver/split/weights.hpp
  deliver/split/detail/xxh64.hpp)
set(MILLRACE_connect_configuration_HEADERS
  connect/configuration.hpp
  connect/configuration/data_pipeline.hpp connect/configuration/data_pipeline_settings.hpp
  connect/configuration/experiments.hpp connect/configuration/fwd.hpp connect/configuration/ml_settings.hpp
  connect/configuration/mlops_context.hpp connect/configuration/mlops_settings.hpp
  connect/configuration/models.hpp connect/configuration/nodes.hpp connect/configuration/serving.hpp)
set(MILLRACE_connect_databricks_HEADERS
  connect/databricks.hpp
  connect/databricks/fwd.hpp connect/databricks/api_error.hpp connect/databricks/credentials.hpp
  connect/databricks/model_catalog.hpp connect/databricks/model_signature.hpp connect/databricks/sql_rows.hpp
  connect/databricks/statement.hpp connect/databricks/unity_name.hpp connect/databricks/volume.hpp
  connect/databricks/warehouse.hpp connect/databricks/workspace.hpp connect/databricks/workspace_models.hpp
  connect/databricks/detail/files_api.hpp connect/databricks/detail/sql_markers.hpp)
set(MILLRACE_connect_http_HEADERS
  connect/http.hpp
  connect/http/fwd.hpp connect/http/options.hpp connect/http/server.hpp connect/http/transport.hpp
  connect/http/detail/channel.hpp connect/http/detail/connection.hpp connect/http/detail/connection_threads.hpp
  connect/http/detail/listener.hpp connect/http/detail/named_hosts.hpp connect/http/detail/no_broken_pipe.hpp
  connect/http/detail/responses.hpp connect/http/detail/stream_sender.hpp connect/http/detail/tls_context.hpp)
set(MILLRACE_connect_kafka_HEADERS
  connect/kafka.hpp
  connect/kafka/fwd.hpp connect/kafka/connection.hpp connect/kafka/consumer.hpp connect/kafka/consumer_options.hpp
  connect/kafka/observed.hpp connect/kafka/producer.hpp connect/kafka/producer_options.hpp connect/kafka/transactions.hpp
  connect/kafka/detail/broker_states.hpp connect/kafka/detail/client.hpp connect/kafka/detail/errors.hpp
  connect/kafka/detail/partition_list.hpp connect/kafka/detail/receiving.hpp connect/kafka/detail/sending.hpp)
set(MILLRACE_connect_mlflow_HEADERS
  connect/mlflow.hpp
  connect/mlflow/client_options.hpp connect/mlflow/registry_client.hpp connect/mlflow/tracking_client.hpp
  connect/mlflow/fwd.hpp connect/mlflow/server.hpp connect/mlflow/web_pages.hpp
  connect/mlflow/detail/graphql_answer.hpp connect/mlflow/detail/graphql_query.hpp connect/mlflow/detail/logged_model_calls.hpp
  connect/mlflow/detail/message.hpp connect/mlflow/detail/model_names.hpp connect/mlflow/detail/model_records.hpp
  connect/mlflow/detail/model_source.hpp connect/mlflow/detail/origin.hpp connect/mlflow/detail/records.hpp
  connect/mlflow/detail/refusal.hpp connect/mlflow/detail/registry_calls.hpp connect/mlflow/detail/review_calls.hpp connect/mlflow/detail/route.hpp
  connect/mlflow/detail/search_request.hpp connect/mlflow/detail/tracking_calls.hpp
  connect/mlflow/detail/version_files.hpp connect/mlflow/detail/version_sources.hpp connect/mlflow/detail/web_calls.hpp
  connect/mlflow/detail/registry_replies.hpp connect/mlflow/detail/remote.hpp connect/mlflow/detail/replies.hpp)
set(MILLRACE_connect_curl_HEADERS connect/curl.hpp)
set(MILLRACE_connect_redis_HEADERS
  connect/redis.hpp
  connect/redis/fwd.hpp connect/redis/address.hpp connect/redis/client.hpp connect/redis/commands.hpp
  connect/redis/connection.hpp connect/redis/feature_rows.hpp connect/redis/observed.hpp connect/redis/options.hpp
  connect/redis/reply.hpp connect/redis/slots.hpp connect/redis/storage.hpp
  connect/redis/detail/node.hpp connect/redis/detail/reply_reader.hpp connect/redis/detail/server_map.hpp
  connect/redis/detail/socket.hpp)
set(MILLRACE_connect_rest_HEADERS
  connect/rest.hpp
  connect/rest/fwd.hpp connect/rest/api.hpp connect/rest/body.hpp connect/rest/job_queue.hpp connect/rest/member.hpp
  connect/rest/options.hpp connect/rest/parts.hpp connect/rest/route.hpp connect/rest/served_models.hpp
  connect/rest/watching.hpp
  connect/rest/dashboard.hpp connect/rest/dashboard/audit_panel.hpp connect/rest/dashboard/dashboard.hpp
  connect/rest/dashboard/drift_panel.hpp connect/rest/dashboard/experiment_panel.hpp
  connect/rest/dashboard/live_board.hpp connect/rest/dashboard/models_panel.hpp connect/rest/dashboard/panel.hpp
  connect/rest/dashboard/rollout_panel.hpp connect/rest/dashboard/stages_panel.hpp
  connect/rest/dashboard/traffic_panel.hpp
  connect/rest/parts/aggregates.hpp connect/rest/parts/analysis.hpp connect/rest/parts/audited.hpp
  connect/rest/parts/batches.hpp connect/rest/parts/model_stages.hpp connect/rest/parts/model_trainer.hpp
  connect/rest/parts/open_inference.hpp connect/rest/parts/predictions.hpp connect/rest/parts/process_health.hpp
  connect/rest/parts/publishing.hpp connect/rest/parts/training.hpp connect/rest/parts/watched_requests.hpp
  connect/rest/detail/body_parser.hpp connect/rest/detail/dashboard_page.hpp connect/rest/detail/event_rows.hpp connect/rest/detail/inference_input.hpp
  connect/rest/detail/json_numbers.hpp connect/rest/detail/metric_window.hpp connect/rest/detail/openapi.hpp connect/rest/detail/paths.hpp
  connect/rest/detail/request_parts.hpp connect/rest/detail/served_outcome.hpp)
set(MILLRACE_connect_s3_HEADERS
  connect/s3.hpp
  connect/s3/fwd.hpp connect/s3/address.hpp connect/s3/api_error.hpp connect/s3/bucket.hpp
  connect/s3/bucket_storage.hpp connect/s3/credentials.hpp connect/s3/file_set.hpp connect/s3/object.hpp
  connect/s3/signature.hpp connect/s3/upload.hpp
  connect/s3/detail/digests.hpp connect/s3/detail/xml_document.hpp)
set(MILLRACE_connect_mpi_HEADERS connect/mpi.hpp)
set(MILLRACE_connect_yaml_HEADERS connect/yaml.hpp)
set(MILLRACE_train_HEADERS
  train.hpp
  train/fwd.hpp train/activation.hpp train/backpropagation.hpp train/calculate_loss.hpp train/clip.hpp train/fields.hpp
  train/forward_pass.hpp train/load_batch.hpp train/loss.hpp train/model.hpp train/network.hpp train/optimizer.hpp
  train/samples.hpp train/schedule.hpp train/update_weights.hpp
  train/detail/loss_kernels.hpp train/detail/network_bytes.hpp train/detail/product.hpp)

# Headers of the lists above that include a third party. They belong to the component named, and to
# no umbrella and not to the single header; every other header of a standard-library module is free
# of third parties (tests/meta checks it against what the headers include).
set(MILLRACE_millrace_ADAPTERS tensor/deflate.hpp tensor/eigen.hpp)
set(MILLRACE_openssl_ADAPTERS store/ed25519.hpp)
set(MILLRACE_curl_ADAPTERS connect/curl.hpp)
set(MILLRACE_http_ADAPTERS
  connect/http.hpp connect/http/server.hpp connect/http/transport.hpp connect/http/detail/channel.hpp
  connect/http/detail/connection.hpp connect/http/detail/connection_threads.hpp connect/http/detail/listener.hpp
  connect/http/detail/named_hosts.hpp connect/http/detail/responses.hpp connect/http/detail/stream_sender.hpp
  connect/http/detail/tls_context.hpp)
set(MILLRACE_kafka_ADAPTERS connect/kafka.hpp
  connect/kafka/fwd.hpp connect/kafka/connection.hpp connect/kafka/consumer.hpp connect/kafka/consumer_options.hpp
  connect/kafka/observed.hpp connect/kafka/producer.hpp connect/kafka/producer_options.hpp connect/kafka/transactions.hpp
  connect/kafka/detail/broker_states.hpp connect/kafka/detail/client.hpp connect/kafka/detail/errors.hpp
  connect/kafka/detail/partition_list.hpp connect/kafka/detail/receiving.hpp connect/kafka/detail/sending.hpp)
set(MILLRACE_redis_ADAPTERS connect/redis.hpp connect/redis/client.hpp connect/redis/connection.hpp
  connect/redis/feature_rows.hpp connect/redis/observed.hpp connect/redis/options.hpp connect/redis/storage.hpp
  connect/redis/detail/node.hpp connect/redis/detail/reply_reader.hpp connect/redis/detail/server_map.hpp)
set(MILLRACE_sqlite_ADAPTERS store/sqlite.hpp store/detail/sqlite_connection.hpp store/detail/sqlite_engine.hpp)
set(MILLRACE_xtensor_ADAPTERS tensor/xtensor.hpp)
set(MILLRACE_mpi_ADAPTERS connect/mpi.hpp)
set(MILLRACE_yaml_ADAPTERS connect/yaml.hpp)
