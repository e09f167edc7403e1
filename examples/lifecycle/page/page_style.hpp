#ifndef MILLRACE_EXAMPLES_LIFECYCLE_PAGE_PAGE_STYLE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_PAGE_PAGE_STYLE_HPP

#include <string_view>

namespace lifecycle {

/// The report's looks: one column on a telephone, up to three on a desk, light or dark as the reader's system is.
inline constexpr std::string_view page_style = R"css(
:root{color-scheme:light dark;
 --page:#f4f5f8;--card:#fff;--ink:#1a1e25;--soft:#5c6675;--line:#e3e6ec;--track:#edf0f5;
 --shade:rgba(20,30,50,.34);--one:#2f6bea;--two:#e2630c;--three:#0c9b72;--shadow:0 1px 2px rgba(20,30,50,.05),0 6px 20px rgba(20,30,50,.05)}
@media (prefers-color-scheme:dark){:root{
 --page:#0e1116;--card:#171b22;--ink:#e8ebf0;--soft:#97a1b1;--line:#2a303a;--track:#222832;
 --shade:rgba(255,255,255,.26);--one:#74a8ff;--two:#ff9a4d;--three:#44d1a4;--shadow:none}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,Ubuntu,sans-serif;
 font-variant-numeric:tabular-nums}
main{max-width:1180px;margin:0 auto;padding:36px 20px 56px}
h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:19px;margin:44px 0 4px;letter-spacing:-.01em}
h3{font-size:14.5px;margin:0 0 2px}
svg+dl{margin-top:14px}
p{margin:0 0 12px;max-width:76ch}
.soft,.card>p{color:var(--soft)}
.sub{max-width:none}
.card>p{font-size:13px;margin-bottom:10px;line-height:1.45}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(148px,1fr));gap:12px;margin:24px 0 0}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:14px;box-shadow:var(--shadow)}
.tile{padding:14px 16px}
.tile b{display:block;font-size:25px;line-height:1.25;font-weight:650;letter-spacing:-.02em}
.tile span{display:block;font-size:12.5px;color:var(--soft);line-height:1.4}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:16px;margin-top:14px}
.card{padding:16px 18px;min-width:0}
.wide{grid-column:1/-1}
.scroll{overflow-x:auto;margin:0 -18px;padding:0 18px;
 background:linear-gradient(to right,var(--card) 40%,transparent) 0 0/60px 100% no-repeat local,
  linear-gradient(to left,var(--card) 40%,transparent) 100% 0/60px 100% no-repeat local,
  radial-gradient(farthest-side at 0 50%,var(--shade),transparent) 0 0/22px 100% no-repeat scroll,
  radial-gradient(farthest-side at 100% 50%,var(--shade),transparent) 100% 0/22px 100% no-repeat scroll}
.scroll .name{position:sticky;left:0;background:var(--card)}
.used td{font-weight:650;background:var(--track)}
.beware{border-left:5px solid var(--two);background:var(--card);border-radius:6px;padding:10px 14px;margin:14px 0 0;max-width:none}
.beware b{color:var(--two);margin-right:.4em}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:13.5px}
th{font-weight:600;text-align:left;color:var(--soft);font-size:12.5px;white-space:nowrap}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:middle}
tr:last-child td{border-bottom:0}
td:last-child,th:last-child{padding-right:0}
.n{text-align:right;white-space:nowrap}
.name{font-weight:600;white-space:nowrap}
.out td{color:var(--soft)}
.out .name{font-weight:400;text-decoration:line-through;text-decoration-color:var(--soft)}
.kind{display:inline-block;font-size:11.5px;padding:1px 8px;border-radius:99px;background:var(--track);color:var(--soft)}
svg{display:block;width:100%;max-width:460px;height:auto;margin:0 auto;overflow:visible}
svg.spark,svg.cell{width:96px;height:22px;margin:0}svg.cell{margin-left:auto}
svg text{font-size:12px;fill:var(--ink)}
svg .tick,svg .axis-title{fill:var(--soft);font-size:11.5px}
svg .label{font-weight:600;font-size:12.5px}
svg .halo{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
svg .note{font-weight:650;font-size:14px}
svg .count{font-size:26px;font-weight:650}svg .of{font-size:12px;fill-opacity:.8}
.grid{stroke:var(--line)}.axis{stroke:var(--soft);stroke-opacity:.6}
.diagonal,.marker{stroke:var(--soft);stroke-dasharray:4 4;stroke-opacity:.7}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
.area{fill-opacity:.11}.dot{stroke:var(--card);stroke-width:1.5}
.line.one{stroke:var(--one)}.line.two{stroke:var(--two)}.area.one,.bar.one,.dot.one{fill:var(--one)}
.bar.two,.dot.two{fill:var(--two)}.bar.three,.dot.three{fill:var(--three)}.line.three{stroke:var(--three)}
.track{fill:var(--track)}
.whisker{stroke:var(--one);stroke-width:2;stroke-opacity:.45;stroke-linecap:round}
.body{stroke:var(--one);stroke-width:8;stroke-linecap:round}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:12.5px;color:var(--soft);margin:0 0 6px}
.legend i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px;background:var(--one)}
.legend i.two{background:var(--two)}.legend i.three{background:var(--three)}
.share{display:flex;height:14px;border-radius:7px;overflow:hidden;background:var(--one);margin:10px 0 8px}
.share i{background:var(--two);min-width:3px;order:2}.share b{flex:1}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:0;font-size:13.5px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.chain div{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;padding-left:3em;text-indent:-3em;white-space:pre-wrap;
 overflow-wrap:anywhere}
footer{margin-top:40px;font-size:12.5px;color:var(--soft)}
@media (max-width:520px){main{padding:24px 14px 40px}h1{font-size:23px}.tile b{font-size:21px}
 .tiles{grid-template-columns:repeat(2,1fr)}.card{padding:14px}.scroll{margin:0 -14px;padding:0 14px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}}
@media print{body{background:#fff}.card,.tile{box-shadow:none;break-inside:avoid}}
)css";

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_PAGE_PAGE_STYLE_HPP
