#ifndef MILLRACE_CONNECT_REST_DASHBOARD_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_HPP

/// connect/rest/dashboard: one page for people who run a service. connect/rest.hpp leaves this room out.
///
/// - `live_board`: takes a snapshot of its panels at an interval, one for all who look
/// - `dashboard`: the part of an API that shows a board: a page, its stream of snapshots, the last one as JSON
/// - `traffic_panel`, `drift_panel`: of a metrics registry; `models_panel`: of served models; `stages_panel`: of a
/// model
///   registry; `rollout_panel`: of a release; `experiment_panel`: of an experiment; `audit_panel`: of an audit trail
/// - `board_panel`, `panel_writer`: what a panel of your own is made of

#include <millrace/connect/rest/dashboard/audit_panel.hpp>
#include <millrace/connect/rest/dashboard/dashboard.hpp>
#include <millrace/connect/rest/dashboard/drift_panel.hpp>
#include <millrace/connect/rest/dashboard/experiment_panel.hpp>
#include <millrace/connect/rest/dashboard/live_board.hpp>
#include <millrace/connect/rest/dashboard/models_panel.hpp>
#include <millrace/connect/rest/dashboard/panel.hpp>
#include <millrace/connect/rest/dashboard/rollout_panel.hpp>
#include <millrace/connect/rest/dashboard/stages_panel.hpp>
#include <millrace/connect/rest/dashboard/traffic_panel.hpp>

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_HPP
