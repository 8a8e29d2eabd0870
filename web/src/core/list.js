// SPDX-License-Identifier: Apache-2.0
// A list of the API: pages of the server, filters, order, page and open row in the URL, selection,
// keys, live rows. A screen describes it; web/README.md says how.
import {html, useEffect, useLayoutEffect, useRef, useState} from '../vendor.js';
import {address, api, mayWrite, useApi} from './api.js';
import {useKeys} from './keys.js';
import {count, num, t} from './lang.js';
import {useChanges} from './live.js';
import {amend, go, href, restoreScroll, route} from './router.js';
import {remember, remembered, useAtom} from './store.js';
import {Act, Fault, Icon} from './ui.js';
import {Filters} from './filters.js';

const sizes = [50, 100, 200];
const deep = 10000;  // rows that a page number may leave out; the API's limit
const own = new Set(['page', 'size', 'order', 'asc', 'open', 'cursor']);

// What the URL says: the filters for the API, and where in the list.
export const listQuery = (def, query) => {
  const size = [query.size, remembered('size', 50)].map(Number).find((n) => sizes.includes(n)) ?? 50;
  const filters = {...def.base};
  for (const {key} of def.filters ?? []) if (query[key] !== undefined) filters[key] = query[key];
  for (const key of def.also ?? []) if (query[key] !== undefined) filters[key] = query[key];
  for (const key of Object.keys(def.base ?? {})) if (query[key] !== undefined) filters[key] = query[key];
  const page = Math.max(1, Math.floor(Number(query.page)) || 1);
  return {size, page, filters: def.toApi ? def.toApi(filters) : filters, order: query.order ?? def.order, asc: query.asc ?? def.asc, cursor: query.cursor};
};
const isSet = (query) => Object.keys(query).filter((key) => !own.has(key));

const Pager = ({total, isLowerBound, partial, cursor, page, size, rows, nextCursor}) => {
  const {path, query} = route.get();
  const pages = Math.max(1, Math.ceil(total / size));
  const to = (n, cursor) => href(path, {...query, page: n > 1 ? n : null, cursor, open: null});
  const link = (n, text, label, cursor) => html`<a class="button" href=${to(n, cursor)} aria-label=${label}>${text}</a>`;
  // A search that stopped early goes on by its cursor only.
  const numbered = !partial && !(cursor && isLowerBound);
  const next = nextCursor && (numbered && page * size <= deep || (!isLowerBound && page >= pages - deep / size) ? link(page + 1, html`<${Icon} name="right" />`, t('next_page'))
      : link(page + 1, html`<${Icon} name="right" />`, t('next_page'), nextCursor));
  const first = (page - 1) * size;
  return html`<nav class="pager" aria-label=${t('pages')}>
    <span>${t('rows_of', {from: rows ? first + 1 : 0, to: first + rows, total: count(Math.max(total, first + rows), isLowerBound)})}</span>
    ${page > 2 && link(1, '1', `${t('first_page')}, 1`)}${page > 1 && numbered && ((page - 2) * size <= deep || page >= pages - deep / size) && link(page - 1, html`<${Icon} name="left" />`, t('previous_page'))}
    <b aria-current="page">${num(page)}</b>${next}${!isLowerBound && pages > page + 1 && link(pages, num(pages), `${t('last_page')}, ${num(pages)}`)}
    <label>${t('page_size')} <select value=${size} onChange=${(event) => { remember('size', event.target.value); amend({size: event.target.value, page: null, cursor: null, open: null}); }}>
      ${sizes.map((n) => html`<option value=${n} selected=${n === size}>${n}</option>`)}</select></label>
  </nav>`;
};

const Head = ({column, order, asc}) => {
  const {label, order: by, num: right} = column;
  const on = by && by === order;
  const up = asc !== 'desc';
  return html`<th role="columnheader" scope="col" class=${css(column)} aria-sort=${on ? (up ? 'ascending' : 'descending') : undefined}>${!by ? label
      : html`<button type="button" class="sort" onClick=${() => amend({order: by, asc: on && up ? 'desc' : 'asc', page: null, cursor: null})}>${label}<i aria-hidden="true">${on ? (up ? '▲' : '▼') : ''}</i></button>`}</th>`;
};
const css = ({p, m, num: right}) => `${p ? `p${p}` : ''} ${m ? `m${m}` : 'm0'} ${right ? 'num' : ''}`;

const Selection = ({def, selected, all, total, isLowerBound, filters, setAll, clear, reload}) => {
  const n = all ? total : selected.length;
  const what = all ? {filter: filters, expected: total, n} : {ids: selected.map(def.rowKey), rows: selected, n};
  return html`<div class="selection" role="region" aria-label=${t('selection')}>
    <b>${t('selected', {n: all ? count(total, isLowerBound) : n})}</b>
    ${!all && total > n && def.selectAll !== false && html`<button type="button" class="link" onClick=${setAll}>${t('select_all', {n: count(total, isLowerBound)})}</button>`}
    ${def.actions.filter((action) => action.many && (!action.shown || action.shown(filters))).map((action) => html`<${Act} name=${action.id} kind=${action.main ? 'main' : ''}
      why=${(all ? isLowerBound : n > 500) ? t('too_many') : action.whyMany?.(what)} onClick=${() => action.many(what, () => { clear(); reload(); })}>${t(action.label, {n})}…<//>`)}
    <button type="button" class="link" onClick=${clear}>${t('clear')}</button></div>`;
};

const Row = ({def, row, gone, active, open, ticked, tick, columns}) => {
  const key = String(def.rowKey(row));
  const shown = useRef();
  // At once: the next key is for the row that has the focus.
  useLayoutEffect(() => { if (active) { shown.current.focus({preventScroll: true}); shown.current.scrollIntoView({block: 'nearest'}); } }, [active]);
  const choose = (event) => {
    if (event.target.closest('a,button,input,label') || String(getSelection())) return;
    def.href ? go(def.href(row)) : amend({open: open ? null : key}, {replace: true});
  };
  return html`<tr role="row" ref=${shown} tabindex="-1" class=${`${ticked ? 'ticked' : ''} ${gone ? 'gone' : ''} ${def.href || def.detail ? 'opens' : ''}`} data-row=${key} aria-selected=${ticked || undefined} onClick=${choose}>
    ${def.actions && html`<td role="cell" class="mx tick"><label><input type="checkbox" checked=${ticked} onChange=${() => tick(row)} /><span class="sr">${t('select_row', {name: def.name?.(row) ?? key})}</span></label></td>`}
    ${columns.map((column) => html`<td role="cell" class=${css(column)} data-label=${column.m ? undefined : column.label}>${column.cell(row)}</td>`)}
    ${def.detail && html`<td role="cell" class="mz"><button type="button" class="bare" aria-expanded=${open} aria-label=${t(open ? 'close_row' : 'open_row', {name: def.name?.(row) ?? key})} onClick=${() => amend({open: open ? null : key}, {replace: true})}>${open ? '▾' : '▸'}</button></td>`}
  </tr>`;
};

// The rows as they were shown, with what is known of them now. A row that left the list stays, marked;
// one that newer rows pushed to the next page is as it was. news: how many rows are not shown.
const merge = ({rows: before, total: totalBefore, full, left}, page, keyOf, total) => {
  const known = new Map(page.map((row) => [keyOf(row), row]));
  const shown = new Set(before.map(keyOf));
  const last = page.findLastIndex((row) => shown.has(keyOf(row)));
  // Rows behind the last one that is known came from the next page, if this one was full.
  const unknown = page.filter((row, at) => !shown.has(keyOf(row)) && (!full || at < last)).length;
  const news = Math.max(unknown, total - totalBefore, 0);
  let pushed = news;
  const rows = before.map((row) => known.get(keyOf(row)) ?? {...(left.get(keyOf(row)) ?? row), gone_: true});
  for (let at = rows.length - 1; at >= 0 && full && pushed > 0 && rows[at].gone_; --at, --pushed) rows[at].gone_ = false;
  return {rows, news, gone: rows.filter((row) => row.gone_)};
};

export const List = ({def}) => {
  const {query} = useAtom(route);
  const {size, page, filters, order, asc, cursor} = listQuery(def, query);
  const list = useApi(def.path, {...filters, pageSize: size, ...(cursor ? {cursor} : {pageNum: page}), orderByColumn: order, isAsc: order && asc});
  const [picked, setPicked] = useState(new Map());
  const [all, setAll] = useState(false);
  const [active, setActive] = useState(null);
  // Live rows: the shown page is kept, asked again in place, and what is new is only counted.
  const [fresh, setFresh] = useState(null);
  const where = JSON.stringify([filters, page, size, order, asc, cursor]);
  const kept = useRef({});
  const answer = list.answer;
  const page_ = answer?.rows ?? [];
  if (answer && !list.loading && (kept.current.where !== where || kept.current.show)) {
    kept.current = {where, rows: page_, total: answer.total, full: page_.length >= size, left: new Map()};
  }
  const same = kept.current.where === where;
  const {rows, news, gone} = same ? merge(kept.current, page_, def.rowKey, page === 1 ? answer.total : 0) : {rows: page_, news: 0, gone: []};
  // What a row that left the list is now, where the API can say.
  const leaving = def.one && kept.current.left?.size < 20 ? gone.filter((row) => !kept.current.left.has(def.rowKey(row))).slice(0, 10) : [];
  useEffect(() => {
    for (const row of leaving) {
      const {left} = kept.current;
      left.set(def.rowKey(row), row);
      api(def.one(row)).then(({data}) => { left.set(def.rowKey(row), data); setFresh({}); }, () => {});
    }
  }, [leaving.map(def.rowKey).join()]);
  const show = () => { kept.current.show = true; setFresh({}); list.reload(); scrollTo(0, 0); };
  useChanges(({type}) => def.live?.(type), () => { list.refresh(); def.reload?.(); }, () => Math.max(1500, 5 * list.took()));
  const clear = () => { setPicked(new Map()); setAll(false); };
  useEffect(clear, [JSON.stringify(filters)]);
  useLayoutEffect(() => { if (answer) restoreScroll(); }, [answer]);
  const tick = (row) => {
    const next = new Map(picked);
    const key = def.rowKey(row);
    next.delete(key) || next.set(key, row);
    setAll(false);
    setPicked(next);
  };
  const reload = () => { list.reload(); def.reload?.(); };
  const at = rows.findIndex((row) => String(def.rowKey(row)) === active);
  const step = (by) => () => { const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))]; if (row) setActive(String(def.rowKey(row))); };
  const focused = () => document.activeElement?.closest?.('[data-row]')?.dataset.row ?? active ?? query.open;
  const rowAt = () => rows.find((row) => String(def.rowKey(row)) === focused());
  const withRow = (run) => () => { const row = rowAt(); if (row) run(row); };
  const keys = {j: step(1), k: step(-1), x: withRow((row) => def.actions && tick(row)),
    Enter: withRow((row) => (def.href ? go(def.href(row)) : def.detail && amend({open: query.open === String(def.rowKey(row)) ? null : def.rowKey(row)}, {replace: true}))),
    Escape: () => (query.open ? amend({open: null}, {replace: true}) : clear())};
  for (const action of def.actions ?? []) {
    if (action.key) {
      keys[action.key] = () => {
        if (!mayWrite() || (action.shown && !action.shown(filters))) return;
        // A row that is on another page is not changed unseen.
        const chosen = [...picked.values()].filter((row) => picked.size > 1 || rows.includes(row));
        if (all || chosen.length > 1) return document.querySelector(`.selection [data-act=${action.id}]`)?.click();
        const row = chosen[0] ?? rowAt();
        if (row && !action.why?.(row)) action.one(row, () => { clear(); reload(); });
      };
    }
  }
  useKeys(keys);
  const columns = def.columns.filter(Boolean);
  const width = columns.length + (def.actions ? 1 : 0) + (def.detail ? 1 : 0);
  const ticked = (row) => all || picked.has(def.rowKey(row));
  const set = isSet(query).length;
  return html`<div class="list">
    <${Filters} def=${def} filters=${filters} query=${query} set=${set} total=${answer && count(answer.total, answer.totalIsLowerBound)}
      csv=${def.csv && address(def.csv, {...filters, ...(def.csvOrder && {orderByColumn: order, isAsc: order && asc})})} />
    ${def.actions && (picked.size > 0 || all) && html`<${Selection} def=${def} selected=${[...picked.values()]} all=${all} total=${answer?.total ?? 0} isLowerBound=${answer?.totalIsLowerBound}
      filters=${filters} setAll=${() => setAll(true)} clear=${clear} reload=${reload} />`}
    ${list.error && html`<${Fault} error=${list.error} retry=${list.reload} />`}
    ${(news > 0 || gone.length > 0) && html`<button type="button" class="news" data-news=${news} onClick=${show}>${news > 0 ? `${t('new_rows', {n: news})} ▲` : t('gone_rows', {n: gone.length})}</button>`}
    ${rows.length > 0 && html`<table role="table" aria-label=${def.label} class=${list.loading ? 'dim' : ''} aria-busy=${list.loading}>
      <thead role="rowgroup"><tr role="row">${def.actions && html`<th role="columnheader" class="mx tick"><label><input type="checkbox" checked=${rows.every(ticked)} onChange=${(event) => { setAll(false); setPicked(new Map(event.target.checked ? rows.map((row) => [def.rowKey(row), row]) : [])); }} /><span class="sr">${t('select_page')}</span></label></th>`}
        ${columns.map((column) => html`<${Head} column=${column} order=${order} asc=${asc} />`)}${def.detail && html`<th role="columnheader" class="mz"><span class="sr">${t('open')}</span></th>`}</tr></thead>
      <tbody role="rowgroup">${rows.map((row) => {
        const key = String(def.rowKey(row));
        return [html`<${Row} key=${key} def=${def} row=${row} gone=${row.gone_} active=${active === key} open=${query.open === key} ticked=${ticked(row)} tick=${tick} columns=${columns} />`,
          query.open === key && def.detail && html`<tr role="row" key=${`${key}+`} class="detail"><td role="cell" colspan=${width}>${def.detail(row, reload)}</td></tr>`];
      })}</tbody></table>`}
    ${answer?.partial && html`<p class="muted">${t('partial')}</p>`}
    ${answer && !rows.length && !answer.nextCursor && !list.error && html`<div class="empty">${set && !def.emptyAlways ? html`<p>${t('no_hit')}</p><a class="button" href=${href(route.get().path)}>${t('clear_filters', {n: set})}</a>` : def.empty}</div>`}
    ${!answer && list.loading && html`<div class="wait" role="status" aria-label=${t('loading')}></div>`}
    ${answer && (rows.length > 0 || answer.nextCursor) && html`<${Pager} total=${answer.total} partial=${answer.partial} cursor=${cursor} isLowerBound=${answer.totalIsLowerBound} page=${page} size=${size} rows=${rows.length} nextCursor=${answer.nextCursor} />`}
  </div>`;
};
