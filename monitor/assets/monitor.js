"use strict";
// The page of `csilink monitor`: state by server-sent events, six a second; one page of UEs a
// second; one UE's pictures four times a second; changes by POST. Curves hold the last minute.

const $ = (id) => document.getElementById(id);
const POINTS = 375; // a minute of events, 160 ms apart
const PAGE = 25;
const root = document.documentElement;
const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const fixed = (x, digits) => (typeof x === "number" ? x.toFixed(digits) : x === "inf" ? "∞" : "-");
const micros = (x) => (x >= 1e5 ? `${fixed(x / 1000, 0)}k` : fixed(x, 0)); // seven digits fit no tile
const number = (x) => (typeof x === "number" ? x : null);

// --- curves ----------------------------------------------------------------------------------

const times = [];
const curves = {
  nmse: { place: "nmse-chart", names: ["at estimation", "when used"], digits: 2,
          data: [[], []] },
  snr: { place: "snr-chart", names: ["asked", "delivered", "estimated"], digits: 2,
         data: [[], [], []] },
  latency: { place: "latency-chart", names: ["p50", "p99", "p99.9"], digits: 0, log: true,
             data: [[], [], []] },
  rate: { place: "rate-chart", digits: 0, data: [[], [], [], [], []],
          names: ["acknowledged", "lost", "timed out", "refused", "not decoded"] },
};

// 0.5, 250, 20k: short enough for an axis; a logarithmic one leaves labels out.
const short = (v) => (v === null ? "" : v >= 1e6 ? v / 1e6 + "M" : v >= 1000 ? v / 1000 + "k"
  : String(v));

function makeChart(curve) {
  const place = $(curve.place);
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 },
                 ticks: { stroke: color("--line"), width: 1 } };
  const series = curve.names.map((label, i) => ({
    label, stroke: color("--curve-" + (i + 1)), width: 2, points: { show: false },
    dash: label === "asked" ? [6, 4] : undefined, value: (_, v) => fixed(v, curve.digits),
  }));
  if (curve.chart) curve.chart.destroy();
  curve.chart = new uPlot({
    width: place.clientWidth, height: 180, cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false }, y: curve.log ? { distr: 3, log: 10 } : {} },
    series: [{ label: "s", value: (_, v) => fixed(v, 1) }, ...series],
    axes: [{ ...axis }, { ...axis, size: 56, values: (_, list) => list.map(short) }],
  }, [times, ...curve.data], place);
}

function makeCharts() {
  for (const curve of Object.values(curves)) makeChart(curve);
}

// Forgets all points.
function clearPoints() {
  times.length = 0;
  for (const curve of Object.values(curves)) for (const list of curve.data) list.length = 0;
}

// A time without events breaks the line: nobody watched it.
function breakLine(time) {
  times.push(time);
  for (const curve of Object.values(curves)) for (const list of curve.data) list.push(null);
}

const GAP = 1.5; // seconds; events come six a second

function addPoint(time, values) {
  const last = times[times.length - 1];
  if (time - last > GAP || time < last) {
    if (times.length < 2 || time < last) clearPoints(); // a point of long ago, or another run's
    else breakLine((time + last) / 2);
  }
  times.push(time);
  for (const name in curves)
    values[name].forEach((v, i) => curves[name].data[i].push(number(v)));
  while (times.length > POINTS) {
    times.shift();
    for (const curve of Object.values(curves)) for (const list of curve.data) list.shift();
  }
  if (document.hidden) return;
  for (const curve of Object.values(curves)) curve.chart.setData([times, ...curve.data]);
}

new ResizeObserver(() => {
  for (const curve of Object.values(curves))
    if (curve.chart) curve.chart.setSize({ width: $(curve.place).clientWidth, height: 180 });
}).observe(document.querySelector("main"));

// --- state -----------------------------------------------------------------------------------

let firstTime = null;

function showTiles(s) {
  const total = s.latency_us.total;
  $("tile-nmse").textContent = fixed(s.nmse_db, 2);
  $("tile-sgcs").textContent = fixed(s.sgcs, 3);
  $("tile-snr").textContent = s.snr.delivered === null && s.set.snr_db === "inf"
    ? "∞" : fixed(s.snr.delivered, 2);
  $("tile-asked").textContent = fixed(s.snr.asked === null ? s.set.snr_db : s.snr.asked, 2);
  $("tile-rate").textContent = fixed(s.rate.acked, 0);
  $("tile-loss").textContent = fixed(s.rate.lost + s.rate.timed_out + s.rate.refused +
    s.rate.not_decoded, 0);
  $("tile-bits").textContent = fixed(s.bits_per_report, 0);
  $("tile-uses").textContent = fixed(s.channel_uses, 1);
  $("tile-p50").textContent = micros(total[0]);
  $("tile-p99").textContent = micros(total[2]);
  $("tile-ues").textContent = s.ues;
}

function cell(row, text, kind) {
  const c = document.createElement(kind || "td");
  c.textContent = text;
  row.append(c);
  return c;
}

// Rows are made once and their text is changed: nothing is left behind for the collector.
function fillRows(body, rows, columns, fill) {
  while (body.rows.length > rows.length) body.deleteRow(-1);
  while (body.rows.length < rows.length) {
    const row = body.insertRow();
    for (let i = 0; i < columns; i++) cell(row, "");
  }
  rows.forEach((r, i) => fill(body.rows[i].cells, r));
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function showStages(s) {
  fillRows($("stages"), Object.entries(s.latency_us), 5, (cells, [name, values]) => {
    setText(cells[0], name);
    values.forEach((v, i) => setText(cells[i + 1], fixed(v, 0)));
  });
}

function showProcesses(s) {
  const list = $("processes");
  while (list.children.length > s.processes.length) list.lastChild.remove();
  while (list.children.length < s.processes.length) list.append(document.createElement("li"));
  s.processes.forEach((p, i) => {
    const restarts = p.restarts ? `, restarted ${p.restarts} times` : "";
    const e = p.encoder;
    const encoder = e ? `; ${e.ues} UEs, ${e.codec} in ${e.precision} over ${e.uplink}: ` +
      `${fixed(e.bits_per_report, 0)} bits and ${fixed(e.channel_uses, 1)} channel uses a report`
      : "";
    setText(list.children[i], `${p.role}: ${p.up ? "up" : "silent"}${restarts}${encoder}`);
    list.children[i].className = p.up ? "" : "down";
  });
  const t = s.total;
  setText($("totals"), `${t.sent} reports sent: ${t.acked} acknowledged, ${t.lost} lost, ` +
    `${t.timed_out} timed out, ${t.refused} refused, ${t.not_decoded} not decoded; ` +
    `${fixed(s.uplink_kbit_s, 0)} kbit/s uplink; ` +
    `of the whole run ${quality(s)}` + failures(s));
}

// A link whose codecs give directions has no NMSE.
function quality(s) {
  const rest = `SGCS ${fixed(s.sgcs_total, 4)}, rate ${fixed(s.se_total_bps_hz, 2)} bit/s/Hz`;
  if (typeof s.nmse_total_db !== "number") return rest;
  const used = typeof s.nmse_used_total_db === "number"
    ? `, ${fixed(s.nmse_used_total_db, 2)} dB when used` : "";
  return `NMSE ${fixed(s.nmse_total_db, 2)} dB${used}, ${rest}`;
}

// Only where something failed, or could have been seen to be wrong.
function failures(s) {
  const compared = typeof s.undetected_total === "number";
  if (!(s.bler_total > 0) && !compared) return "";
  return `; BLER ${s.bler_total.toPrecision(3)}` +
    (compared ? `, ${s.undetected_total} errors undetected` : "") +
    (typeof s.nmse_all_total_db === "number"
      ? `, NMSE with failed reports ${fixed(s.nmse_all_total_db, 2)} dB` : "");
}

// What runs without keys or a token, and what that opens.
function showWarning(s) {
  const roles = [...new Set(s.processes.filter((p) => p.insecure).map((p) => p.role))];
  const parts = [];
  if (s.insecure)
    parts.push("This monitor runs with --insecure: anyone who reaches this page can change the link.");
  if (roles.length)
    parts.push(`${roles.join(" and ")} ${roles.length > 1 ? "run" : "runs"} with --insecure: ` +
      "anyone who reaches its network can take part in the link.");
  setText($("warning"), parts.join(" "));
  $("warning").hidden = parts.length === 0;
}

function showState(s) {
  if (firstTime === null) firstTime = s.time_ms;
  const total = s.latency_us.total;
  addPoint((s.time_ms - firstTime) / 1000, {
    nmse: [s.nmse_db, s.nmse_used_db],
    snr: [s.snr.asked, s.snr.delivered, s.snr.estimated],
    latency: [total[0], total[2], total[3]].map((v) => (v > 0 ? v : null)),
    rate: [s.rate.acked, s.rate.lost, s.rate.timed_out, s.rate.refused, s.rate.not_decoded],
  });
  const up = s.processes.some((p) => p.up);
  setText($("status"), up ? "live" : "no telemetry: the simulation has ended or has not begun");
  $("status").className = up ? "live" : "lost";
  showWarning(s);
  if (document.hidden) return;
  showTiles(s);
  showStages(s);
  showProcesses(s);
  followSettings(s.set);
}

function listen() {
  const source = new EventSource("/events");
  source.onmessage = (event) => showState(JSON.parse(event.data));
  source.onerror = () => {
    $("status").textContent = "the monitor does not answer; trying again";
    $("status").className = "lost";
    // Refused (there are as many pages as can be), the browser gives up by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  };
}

// --- control ---------------------------------------------------------------------------------

const sliders = {
  snr: { key: "snr_db", read: (v) => v,
         show: (v) => (v === "inf" ? "no noise" : `${fixed(v, 1)} dB`) },
  loss: { key: "loss", read: (v) => v / 100, write: (v) => v * 100,
          show: (v) => `${fixed(v * 100, 1)} %` },
  delay: { key: "delay_ms", read: (v) => v, show: (v) => `${fixed(v, 1)} ms` },
};
let touched = 0; // when the user last moved a slider: meanwhile they do not follow the link

function followSettings(set) {
  if (performance.now() - touched < 1500 || $("scope").value !== "") return;
  for (const [id, slider] of Object.entries(sliders)) {
    const value = set[slider.key];
    if (value === undefined) continue;
    if (typeof value === "number") $(id).value = slider.write ? slider.write(value) : value;
    showValue(id, value);
  }
}

function showValue(id, value) {
  setText($(id + "-out"), sliders[id].show(value));
  $(id).setAttribute("aria-valuetext", sliders[id].show(value));
}

async function fetchGroups() {
  const answer = await (await fetch("/control")).json();
  $("groups").replaceChildren(...(answer.groups || []).map((name) => {
    const option = document.createElement("option");
    option.value = name;
    return option;
  }));
}
$("scope").addEventListener("focus", () => fetchGroups().catch(() => {}));

let wanted = null, sending = false; // the newest change that is not sent yet
let refused = null; // the newest one that lacked a token

// The token comes behind the '#' of the monitor's link, which no browser sends anywhere, or from the
// field that a refused change shows. It stays in this tab and leaves the address at once.
let token = "";
try { token = sessionStorage.getItem("csilink-token") || ""; } catch (e) { /* storage is off */ }

function keepToken(text) {
  token = text;
  try { sessionStorage.setItem("csilink-token", text); } catch (e) { /* this page alone has it */ }
}

function readToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given || !/^[A-Za-z0-9._~-]{16,128}$/.test(given)) return;
  keepToken(given);
  history.replaceState(null, "", location.pathname + location.search);
}
readToken();
addEventListener("hashchange", readToken);

$("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken($("token").value.trim());
  $("token").value = "";
  $("token-form").hidden = true;
  if (refused) change(refused);
});

async function send(change) {
  const scope = $("scope").value.trim(), one = /^\d+$/.test(scope);
  const body = scope === "" ? change
    : one ? { ...change, ue: Number(scope) } : { ...change, group: scope };
  const response = await fetch("/control", {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json",
               ...(token ? { "Authorization": `Bearer ${token}` } : {}) },
  });
  const answer = await response.json();
  refused = response.status === 401 ? change : null;
  $("token-form").hidden = !refused;
  const key = Object.keys(change)[0];
  const force = { ...answer.in_force, ...(one ? answer.ue : answer.group) };
  const slider = Object.values(sliders).find((s) => s.key === key);
  $("answer").textContent = answer.error ||
    `in force for ${scope === "" ? "all UEs" : one ? "UE " + scope : scope}: ` +
    slider.show(force[key]);
  $("answer").className = answer.error ? "help bad" : "help";
}

// While one change is under way only the newest of those that follow is kept.
async function change(what) {
  wanted = what;
  if (sending) return;
  sending = true;
  while (wanted) {
    const next = wanted;
    wanted = null;
    try {
      await send(next);
    } catch (e) {
      $("answer").textContent = "the monitor does not answer";
      $("answer").className = "help bad";
    }
  }
  sending = false;
}

for (const [id, slider] of Object.entries(sliders)) {
  $(id).addEventListener("input", () => {
    const value = slider.read(Number($(id).value));
    touched = performance.now();
    showValue(id, value);
    change({ [slider.key]: value });
  });
}
$("no-noise").addEventListener("click", () => {
  touched = performance.now();
  showValue("snr", "inf");
  change({ snr_db: "inf" });
});

// --- UEs and pictures -----------------------------------------------------------------------

let from = 0;

function showUes(answer) {
  fillRows($("ues"), answer.rows, 12, (cells, r) => {
    const values = [null, r.sent, r.acked, r.lost, r.timed_out, r.refused, r.not_decoded];
    let button = cells[0].firstElementChild;
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.addEventListener("click", () => { $("csi-ue").value = button.textContent; });
      cells[0].append(button);
    }
    setText(button, String(r.ue));
    button.setAttribute("aria-label", `Show |H| of UE ${r.ue}`);
    values.forEach((v, i) => { if (i) setText(cells[i], String(v)); });
    setText(cells[7], fixed(r.nmse_db, 2));
    setText(cells[8], fixed(r.nmse_used_db, 2));
    setText(cells[9], fixed(r.nmse_recent_db, 2));
    // Of a codec without memory both are null.
    setText(cells[10], fixed(r.keys, 0));
    setText(cells[11], r.memory_age === 0 ? "a key" : fixed(r.memory_age, 0));
  });
  const last = Math.min(from + PAGE, answer.ues);
  setText($("page"), answer.ues ? `${from + 1} to ${last} of ${answer.ues}` : "none yet");
  $("previous").disabled = from === 0;
  $("next").disabled = last >= answer.ues;
}

async function fetchUes() {
  if (document.hidden) return;
  const response = await fetch(`/ues?from=${from}&count=${PAGE}&sort=${$("sort").value}`);
  if (response.ok) showUes(await response.json());
}

function turn(pages) {
  from = Math.max(0, from + pages * PAGE);
  fetchUes().catch(() => {});
}
$("previous").addEventListener("click", () => turn(-1));
$("next").addEventListener("click", () => turn(1));
$("sort").addEventListener("change", () => { from = 0; turn(0); });

// Black, violet, orange, pale yellow: lightness grows evenly, so that it reads without colour, too.
const stops = [[0, 0, 0], [80, 18, 123], [182, 54, 121], [251, 136, 97], [252, 253, 191]];
const palette = Array.from({ length: 256 }, (_, level) => {
  const at = (level / 255) * (stops.length - 1), i = Math.min(Math.floor(at), stops.length - 2);
  return stops[i].map((c, k) => c + (at - i) * (stops[i + 1][k] - c));
});

function draw(canvas, hex, rows, columns) {
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const [r, g, b] = palette[parseInt(hex.substr(2 * i, 2), 16)];
    image.data.set([r, g, b, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

const across = (p) => (p.directions ? "subcarriers" : "delay");

async function fetchPicture() {
  const ue = $("csi-ue").value;
  if (document.hidden || ue === "") return;
  const response = await fetch(`/csi?ue=${Number(ue)}`);
  const p = await response.json();
  if (p.error) {
    setText($("csi-text"), p.error);
  } else if (!p.known) {
    setText($("csi-text"), "no report with its truth yet");
  } else {
    draw($("truth"), p.truth, p.rows, p.columns);
    draw($("reconstruction"), p.reconstruction, p.rows, p.columns);
    const figure = p.directions ? `SGCS ${fixed(p.sgcs, 4)}` : `NMSE ${fixed(p.nmse_db, 2)} dB`;
    setText($("csi-text"), `report ${p.seq}: ${figure}, SNR estimated ` +
      `${fixed(p.snr_estimated_db, 1)} dB`);
    setText($("csi-title"), p.directions ? "Direction of one UE" : "|H| of one UE");
    setText($("csi-axes"), p.directions
      ? "Angle down, subcarriers to the right, each of unit norm; 40 dB from dark to light."
      : "Angle down, delay to the right; 40 dB from dark to light.");
    $("truth").ariaLabel = `True channel, angle down, ${across(p)} to the right`;
    $("reconstruction").ariaLabel = `Reconstructed, angle down, ${across(p)} to the right`;
  }
}

// The next question is asked when the last is answered, so that none pile up.
async function repeat(task, ms) {
  for (;;) {
    await task().catch(() => {});
    await new Promise((done) => setTimeout(done, ms));
  }
}

// --- start -----------------------------------------------------------------------------------

$("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  makeCharts();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", makeCharts);
makeCharts();
listen();
repeat(fetchUes, 1000);
repeat(fetchPicture, 250);
