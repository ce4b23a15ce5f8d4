/** The look of a receipt: light and dark, narrow and wide, on screen and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #d0d7de; --good: #116329; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --line: #30363d; --good: #4ac26b; --bad: #ff7b72; }
}
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
td.time { white-space: nowrap; min-width: 6rem; }
.bar { display: block; height: .3rem; margin-top: .3rem; background: var(--line); }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
code, pre { font: .875em/1.45 ui-monospace, monospace; }
pre { padding: .6rem; border: 1px solid var(--line); overflow-x: auto; white-space: pre-wrap; }
summary { padding: .4rem 0; cursor: pointer; }
@media (max-width: 40rem) { thead { display: none; } th, td { display: block; border: 0; } tr { border-bottom: 1px solid var(--line); display: block; } }
@media print { details::details-content { display: block; content-visibility: visible; block-size: auto; } }
`;
